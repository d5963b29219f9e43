import {
  type AdapterContext,
  type CallOptions,
  type Epoch,
  type Instant,
  type KeyOf,
  type Listing,
  type Projection,
  arrayLiteral,
  contextLiteral,
  idInput,
  listing,
  operation,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { z } from 'zod';
import { LiveCopies } from '../live-copy.ts';
import type { ManipulationState } from './manipulation-states.ts';
import { columns, db, statements, toCopy, toManipulation, toTransition } from './manipulation-statements.ts';
import {
  type ActiveManipulation,
  type ChangeManipulation,
  type GetEffect,
  type ListManipulations,
  type Manipulation,
  type ManipulationEffect,
  type ManipulationTransition,
  type Manipulations,
  type PlanManipulation,
  changeManipulation,
  getEffect,
  listManipulations,
  planManipulation,
} from './manipulations.ts';
import { type Modifier, composeModifiers } from './modifiers.ts';

const byId = z.strictObject({ manipulationId: idInput });
const change = (verb: string) =>
  operation(`market-data.manipulations.${verb}`, changeManipulation, (input) => input.manipulationId);
const operations = {
  plan: operation('market-data.manipulations.plan', planManipulation, (input) => input.manipulationId),
  inject: change('inject'),
  activate: change('activate'),
  pause: change('pause'),
  recover: change('recover'),
  find: operation('market-data.manipulations.find', byId),
  get: operation('market-data.manipulations.get', byId),
  list: operation('market-data.manipulations.list', listManipulations),
  listTransitions: operation('market-data.manipulations.listTransitions', byId),
  getEffect: operation('market-data.manipulations.getEffect', getEffect),
};
type Step = 'inject' | 'activate' | 'pause' | 'recover';
const stateAfter: Record<Step, ManipulationState> = {
  inject: 'injecting',
  activate: 'active',
  pause: 'paused',
  recover: 'recovered',
};

export class ManipulationRepository implements Manipulations {
  readonly #context: AdapterContext;
  readonly #onEvent: () => void;
  readonly projection: Projection;
  readonly #live: LiveCopies<ActiveManipulation[]>;

  constructor(context: AdapterContext, epoch: Epoch, key: KeyOf, onEvent: () => void) {
    this.#context = context;
    this.#onEvent = onEvent;
    this.#live = new LiveCopies(context, epoch, key, async (symbol) =>
      toCopy(await context.pg.one(statements.live, { symbol })),
    );
    this.projection = this.#live.projection('manipulations');
  }

  plan(input: PlanManipulation, options?: CallOptions): Promise<Manipulation> {
    return this.#context.run(operations.plan, input, options, async ({ manipulationId: id, ...plan }) => {
      const { symbol, kind, modifier, endsAt, cause, run, fence } = plan;
      const { outcome } = await this.#context.pg.one(statements.plan, {
        id,
        symbol,
        kind,
        modifier: JSON.stringify(modifier),
        endsAt,
        cause,
        run,
        fence,
        requestHash: requestHash(symbol, kind, modifier, endsAt, run),
        at: this.#context.clock.now(),
        eventId: this.#context.ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same')
        throw refusal(outcome, { manipulationId: id, symbol }, { 'already-ended': 'endsAt' });
      this.#onEvent();
      return this.#load(id);
    });
  }

  inject(input: ChangeManipulation, options?: CallOptions): Promise<Manipulation> {
    return this.#change('inject', input, options);
  }
  activate(input: ChangeManipulation, options?: CallOptions): Promise<Manipulation> {
    return this.#change('activate', input, options);
  }
  pause(input: ChangeManipulation, options?: CallOptions): Promise<Manipulation> {
    return this.#change('pause', input, options);
  }
  recover(input: ChangeManipulation, options?: CallOptions): Promise<Manipulation> {
    return this.#change('recover', input, options);
  }

  find(manipulationId: string, options?: CallOptions): Promise<Manipulation | undefined> {
    return this.#context.run(operations.find, { manipulationId }, options, (input) => this.#find(input.manipulationId));
  }

  get(manipulationId: string, options?: CallOptions): Promise<Manipulation> {
    return this.#context.run(operations.get, { manipulationId }, options, (input) => this.#load(input.manipulationId));
  }

  list(input: ListManipulations = {}, options?: CallOptions): Listing<Manipulation> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ symbol, kind, state, run, cursor, limit }) => {
        let query = db
          .selectFrom('manipulations')
          .select(columns)
          .orderBy('id')
          .limit(limit + 1);
        if (symbol !== undefined) query = query.where('symbol', '=', symbol);
        if (kind !== undefined) query = query.where('kind', '=', kind);
        if (state !== undefined) query = query.where('state', '=', state);
        if (run !== undefined) query = query.where('run_id', '=', run);
        if (cursor) query = query.where('id', '>', cursor[0]);
        const rows = await this.#context.pg.query('market-data.manipulations.list', 'read', query);
        return toPage(rows.map(toManipulation), limit, ({ manipulationId }) => [manipulationId]);
      }),
    );
  }

  listTransitions(manipulationId: string, options?: CallOptions): Promise<ManipulationTransition[]> {
    return this.#context.run(operations.listTransitions, { manipulationId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listTransitions, { id: input.manipulationId });
      if (rows.length === 0) throw refusal('unknown-manipulation', input);
      return rows.map(toTransition);
    });
  }

  getEffect(input: GetEffect, options?: CallOptions): Promise<ManipulationEffect> {
    return this.#context.run(operations.getEffect, input, options, async ({ symbol, at }, { fresh }) => {
      const moment = at ?? this.#context.clock.now();
      const manipulations = at === undefined ? await this.#now(symbol, moment, fresh) : await this.#at(symbol, at);
      return {
        symbol,
        at: moment,
        modifier: composeModifiers(manipulations.map(({ modifier }) => modifier)),
        manipulations,
      };
    });
  }

  /** Recovers at most so many of those whose end has come, and answers of how many symbols. For the worker. */
  async endDue(limit: number): Promise<number> {
    const ended = await this.#context.pg.many(statements.end, {
      at: this.#context.clock.now(),
      eventIds: arrayLiteral(Array.from({ length: limit }, () => this.#context.ids.next())),
      context: contextLiteral(),
    });
    if (ended.length === 0) return 0;
    this.#onEvent();
    await this.#live.keep(ended.map(toCopy));
    return ended.length;
  }

  /** Puts what the tables say in the place of every copy in Redis. */
  async rebuild(signal: AbortSignal): Promise<void> {
    for (const { symbol } of await this.#context.pg.many(statements.symbols, undefined)) {
      signal.throwIfAborted();
      await this.#live.keep([toCopy(await this.#context.pg.one(statements.live, { symbol }))], { replace: true });
    }
  }

  #change(step: Step, input: ChangeManipulation, options: CallOptions | undefined): Promise<Manipulation> {
    return this.#context.run(operations[step], input, options, async ({ manipulationId, at, ...given }) => {
      const now = this.#context.clock.now();
      if (at !== undefined && at > now) throw refusal('out-of-order', { manipulationId }, { 'out-of-order': 'at' });
      const { outcome, ...live } = await this.#context.pg.one(statements.change, {
        id: manipulationId,
        version: given.version,
        state: stateAfter[step],
        cause: given.cause,
        run: given.run,
        fence: given.fence,
        at: at ?? now,
        eventId: this.#context.ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { manipulationId, step });
      this.#onEvent();
      const [manipulation] = await Promise.all([this.#load(manipulationId), this.#live.keep([toCopy(live)])]);
      return manipulation;
    });
  }

  async #now(symbol: string, moment: Instant, fresh: boolean): Promise<ActiveManipulation[]> {
    const copy = await this.#live.find(symbol, fresh);
    return (copy?.value ?? []).filter(
      ({ since, endsAt }) => since <= moment && (endsAt === undefined || endsAt > moment),
    );
  }

  async #at(symbol: string, at: Instant): Promise<ActiveManipulation[]> {
    const rows = await this.#context.pg.many(statements.effectAt, { symbol, at });
    return rows.map((row) => ({
      manipulationId: row.id,
      kind: row.kind,
      modifier: row.modifier as Modifier,
      since: row.occurred_at,
      ...(row.ends_at !== null && { endsAt: row.ends_at }),
    }));
  }

  async #find(id: string): Promise<Manipulation | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toManipulation(row);
  }

  async #load(manipulationId: string): Promise<Manipulation> {
    const manipulation = await this.#find(manipulationId);
    if (!manipulation) throw refusal('unknown-manipulation', { manipulationId });
    return manipulation;
  }
}
