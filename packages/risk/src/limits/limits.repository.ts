import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  type Projection,
  contextLiteral,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { z } from 'zod';
import type { RecentStore } from '../copies/recent.store.ts';
import type { Tables } from '../schema.ts';
import { toLimit } from './limit-rows.ts';
import { current, lockColumns, statements, toLock } from './limit-statements.ts';
import { measureUse } from './limit-use.ts';
import {
  type DefineLimit,
  type GetTradingState,
  type Limit,
  type LimitUse,
  type Limits,
  type ListLimits,
  type ListLocks,
  type ListUse,
  type LockScope,
  type RiskLock,
  type SetTradingState,
  type TradingStateChange,
  type TradingStateOf,
  type UnlockScope,
  defineLimit,
  getTradingState,
  listLimits,
  listLocks,
  listUse,
  lockScope,
  setTradingState,
  unlockScope,
} from './limits.ts';
import { scopeKey, scopeOfKey } from './scopes.ts';
import type { TradingStateStore } from './trading-state.store.ts';

const db = queryBuilder<Tables>();

const byId = z.strictObject({ limitId: idInput });
const operations = {
  define: operation('risk.limits.define', defineLimit, (input) => input.limitId),
  find: operation('risk.limits.find', byId),
  get: operation('risk.limits.get', byId),
  list: operation('risk.limits.list', listLimits),
  listVersions: operation('risk.limits.listVersions', byId),
  listUse: operation('risk.limits.listUse', listUse),
  setTradingState: operation('risk.limits.setTradingState', setTradingState),
  getTradingState: operation('risk.limits.getTradingState', getTradingState),
  listTradingStateChanges: operation('risk.limits.listTradingStateChanges', getTradingState),
  lock: operation('risk.limits.lock', lockScope, (input) => input.lockId),
  unlock: operation('risk.limits.unlock', unlockScope, (input) => input.lockId),
  listLocks: operation('risk.limits.listLocks', listLocks),
};

export class LimitRepository implements Limits {
  readonly #context: AdapterContext;
  readonly #states: TradingStateStore;
  readonly #use: RecentStore<LimitUse[]>;
  readonly projection: Projection;
  readonly #onChange: () => void;

  constructor(context: AdapterContext, states: TradingStateStore, use: RecentStore<LimitUse[]>, onChange: () => void) {
    this.#context = context;
    this.#states = states;
    this.#use = use;
    this.projection = states.projection((key) => this.#stateOf(key, scopeOfKey(key)));
    this.#onChange = onChange;
  }

  define(input: DefineLimit, options?: CallOptions): Promise<Limit> {
    return this.#context.run(operations.define, input, options, async (limit) => {
      const { limitId, version, metric, scope, reason, run, fence, ...terms } = limit;
      const answer = await this.#context.pg.one(statements.define, {
        id: limitId ?? this.#context.ids.next(),
        given: limitId !== undefined,
        metric,
        scope: scopeKey(scope),
        version,
        enabled: terms.enabled,
        warn: terms.warn,
        soft: terms.soft,
        hard: terms.hard,
        recover: terms.recover,
        windowMs: terms.window,
        timeZone: terms.timeZone,
        currency: terms.currency,
        maxPriceAgeMs: terms.maxPriceAge,
        forMs: terms.for,
        keepFiringMs: terms.keepFiringFor,
        escalateAfterMs: terms.escalateAfter,
        policyId: terms.policyId,
        reason,
        run,
        fence,
        requestHash: requestHash(metric, scope, terms),
        ...this.#stamp(),
      });
      const { outcome } = answer;
      if (outcome !== 'ok' && outcome !== 'same')
        throw refusal(outcome, { limitId: answer.limit_id, metric, scope: scopeKey(scope), version: answer.version });
      this.#onChange();
      return this.#load(answer.limit_id);
    });
  }

  find(limitId: string, options?: CallOptions): Promise<Limit | undefined> {
    return this.#context.run(operations.find, { limitId }, options, (input) => this.#find(input.limitId));
  }

  get(limitId: string, options?: CallOptions): Promise<Limit> {
    return this.#context.run(operations.get, { limitId }, options, (input) => this.#load(input.limitId));
  }

  list(input: ListLimits = {}, options?: CallOptions): Listing<Limit> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ metric, scope, enabled, cursor, limit }) => {
        let query = current()
          .orderBy('l.id')
          .limit(limit + 1);
        if (metric !== undefined) query = query.where('l.metric', '=', metric);
        if (scope !== undefined) query = query.where('l.scope', '=', scopeKey(scope));
        if (enabled !== undefined) query = query.where('v.enabled', '=', enabled);
        if (cursor) query = query.where('l.id', '>', cursor[0]);
        const rows = await this.#context.pg.query('risk.limits.list', 'read', query);
        return toPage(
          rows.map((row) => toLimit(row)),
          limit,
          (each) => [each.limitId],
        );
      }),
    );
  }

  listVersions(limitId: string, options?: CallOptions): Promise<Limit[]> {
    return this.#context.run(operations.listVersions, { limitId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.versions, { id: input.limitId });
      if (rows.length === 0) throw refusal('unknown-limit', input);
      return rows.map((row) => toLimit(row));
    });
  }

  listUse(input: ListUse, options?: CallOptions): Promise<LimitUse[]> {
    return this.#context.run(operations.listUse, input, options, ({ scope }, { fresh }) => {
      const key = scopeKey(scope);
      return this.#use.get(key, fresh, () => measureUse(this.#context, key));
    });
  }

  setTradingState(input: SetTradingState, options?: CallOptions): Promise<TradingStateOf> {
    return this.#context.run(operations.setTradingState, input, options, async ({ scope, ...change }) => {
      const key = scopeKey(scope);
      const { state, epoch, reason, run, fence } = change;
      const answer = await this.#context.pg.one(statements.setState, {
        scope: key,
        state,
        epoch,
        reason,
        run,
        fence,
        ...this.#stamp(),
      });
      const { outcome } = answer;
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { scope: key, state, epoch: answer.epoch });
      this.#onChange();
      const stands = await this.#stateOf(key, scopeOfKey(key));
      this.#states.refresh(key, stands);
      return stands;
    });
  }

  getTradingState(input: GetTradingState, options?: CallOptions): Promise<TradingStateOf> {
    return this.#context.run(operations.getTradingState, input, options, async ({ scope }, { fresh }) => {
      const key = scopeKey(scope);
      const copy = fresh ? undefined : await this.#states.find(key);
      if (copy) return copy;
      const stands = await this.#stateOf(key, scopeOfKey(key));
      void this.#states.fill(key, stands);
      return stands;
    });
  }

  listTradingStateChanges(input: GetTradingState, options?: CallOptions): Promise<TradingStateChange[]> {
    return this.#context.run(operations.listTradingStateChanges, input, options, async ({ scope }) => {
      const rows = await this.#context.pg.many(statements.stateChanges, { scope: scopeKey(scope) });
      return rows.map(({ epoch, from_state, to_state, reason, actor, run_id, fence, changed_at }) => ({
        epoch,
        from: from_state,
        to: to_state,
        ...(reason !== null && { reason }),
        ...(actor !== null && { actor }),
        ...(run_id !== null && { run: run_id }),
        ...(fence !== null && { fence }),
        changedAt: changed_at,
      }));
    });
  }

  lock(input: LockScope, options?: CallOptions): Promise<RiskLock> {
    return this.#context.run(operations.lock, input, options, async ({ lockId, scope, ...terms }) => {
      const { side, reason, from, until, run, fence } = terms;
      const now = this.#context.clock.now();
      const key = scopeKey(scope);
      if (until <= (from ?? now)) throw refusal('already-past', { lockId }, { 'already-past': 'until' });
      const { outcome } = await this.#context.pg.one(statements.lock, {
        id: lockId,
        scope: key,
        side,
        reason,
        from: from ?? now,
        until,
        run,
        fence,
        requestHash: requestHash(key, side, reason, from, until, run),
        context: contextLiteral(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { lockId });
      return toLock(await this.#context.pg.one(statements.findLock, { id: lockId }));
    });
  }

  unlock(input: UnlockScope, options?: CallOptions): Promise<RiskLock> {
    return this.#context.run(operations.unlock, input, options, async ({ lockId, run, fence }) => {
      const { clock, pg } = this.#context;
      const { outcome } = await pg.one(statements.unlock, { id: lockId, run, fence, at: clock.now() });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { lockId });
      return toLock(await pg.one(statements.findLock, { id: lockId }));
    });
  }

  listLocks(input: ListLocks = {}, options?: CallOptions): Listing<RiskLock> {
    return listing(input, (page) =>
      this.#context.run(operations.listLocks, page, options, async ({ scope, active, cursor, limit }) => {
        const now = this.#context.clock.now();
        let query = db
          .selectFrom('risk_locks')
          .select(lockColumns)
          .orderBy('id')
          .limit(limit + 1);
        if (scope !== undefined) query = query.where('scope', '=', scopeKey(scope));
        if (active === true) query = query.where('released_at', 'is', null).where('until_at', '>', now);
        if (active === false)
          query = query.where((e) => e.or([e('released_at', 'is not', null), e('until_at', '<=', now)]));
        if (cursor) query = query.where('id', '>', cursor[0]);
        const rows = await this.#context.pg.query('risk.limits.listLocks', 'read', query);
        return toPage(rows.map(toLock), limit, (each) => [each.lockId]);
      }),
    );
  }

  async #stateOf(key: string, scope: TradingStateOf['scope']): Promise<TradingStateOf> {
    const row = await this.#context.pg.maybe(statements.state, { scope: key });
    if (!row) return { scope, state: 'active', epoch: 0 };
    const { state, epoch, reason, changed_at } = row;
    return { scope, state, epoch, ...(reason !== null && { reason }), changedAt: changed_at };
  }

  async #find(id: string): Promise<Limit | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toLimit(row);
  }

  async #load(limitId: string): Promise<Limit> {
    const limit = await this.#find(limitId);
    if (!limit) throw refusal('unknown-limit', { limitId });
    return limit;
  }

  #stamp() {
    return { at: this.#context.clock.now(), eventId: this.#context.ids.next(), context: contextLiteral() };
  }
}
