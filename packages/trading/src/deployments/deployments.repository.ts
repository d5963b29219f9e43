import {
  type AdapterContext,
  type CallOptions,
  type CopyStore,
  type Listing,
  type Projection,
  arrayLiteral,
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
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import type { DeploymentWish } from './deployment-states.ts';
import {
  type AttachDeployment,
  type BeatDeployment,
  type CreateDeployment,
  type Deployment,
  type DeploymentEvent,
  type Deployments,
  type InterruptDeployments,
  type ListDeployments,
  type ReportDeployment,
  type SaveState,
  type StrategyState,
  type WishDeployment,
  attachDeployment,
  beatDeployment,
  createDeployment,
  interruptDeployments,
  listDeployments,
  reportDeployment,
  saveState,
  wishDeployment,
} from './deployments.ts';
import { deploymentColumns, type Outcome, statements } from './deployment-statements.ts';

const db = queryBuilder<Tables>();

const one = z.strictObject({ deploymentId: idInput });
const idOf = (input: { deploymentId?: string | undefined }) => input.deploymentId;
const operations = {
  create: operation('trading.deployments.create', createDeployment, idOf),
  attach: operation('trading.deployments.attach', attachDeployment, idOf),
  wish: operation('trading.deployments.wish', wishDeployment, idOf),
  report: operation('trading.deployments.report', reportDeployment, idOf),
  beat: operation('trading.deployments.beat', beatDeployment, idOf),
  interruptSilent: operation('trading.deployments.interruptSilent', interruptDeployments),
  saveState: operation('trading.deployments.saveState', saveState, idOf),
  findState: operation('trading.deployments.findState', one),
  find: operation('trading.deployments.find', one),
  get: operation('trading.deployments.get', one),
  list: operation('trading.deployments.list', listDeployments),
  listEvents: operation('trading.deployments.listEvents', one),
};

export class DeploymentRepository implements Deployments {
  readonly #context: AdapterContext;
  readonly #states: CopyStore<StrategyState>;
  readonly projection: Projection;

  constructor(context: AdapterContext, states: CopyStore<StrategyState>) {
    this.#context = context;
    this.#states = states;
    this.projection = states.projection('strategy-states', (deploymentId) => this.#loadState(deploymentId));
  }

  create(input: CreateDeployment, options?: CallOptions): Promise<Deployment> {
    return this.#context.run(operations.create, input, options, async ({ deploymentId, ...deployment }) => {
      const id = deploymentId ?? this.#context.ids.next();
      const { strategyId, strategyVersion, mode, accountId, venue, currency, startingEquity, positionMode, lotMethod } =
        deployment;
      const { outcome } = await this.#context.pg.one(statements.create, {
        id,
        ...deployment,
        requestHash: requestHash(
          strategyId,
          strategyVersion,
          mode,
          accountId,
          venue,
          currency,
          startingEquity,
          positionMode,
          lotMethod,
        ),
        ...this.#stamp(),
      });
      return this.#answer(outcome, id);
    });
  }

  attach(input: AttachDeployment, options?: CallOptions): Promise<Deployment> {
    return this.#context.run(operations.attach, input, options, async ({ deploymentId, epoch }) => {
      const { clock, ids } = this.#context;
      const { outcome } = await this.#context.pg.one(statements.attach, {
        id: deploymentId,
        epoch,
        at: clock.now(),
        eventIds: arrayLiteral([ids.next(), ids.next()]),
        context: contextLiteral(),
      });
      return this.#answer(outcome, deploymentId);
    });
  }

  wish(input: WishDeployment, options?: CallOptions): Promise<Deployment> {
    return this.#context.run(operations.wish, input, options, (wish) => this.#change(wish));
  }

  report(input: ReportDeployment, options?: CallOptions): Promise<Deployment> {
    return this.#context.run(operations.report, input, options, (report) => this.#change(report));
  }

  beat(input: BeatDeployment, options?: CallOptions): Promise<DeploymentWish> {
    return this.#context.run(operations.beat, input, options, async ({ deploymentId, epoch }) => {
      const { outcome, desired } = await this.#context.pg.one(statements.beat, { id: deploymentId, epoch });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { deploymentId });
      return desired;
    });
  }

  interruptSilent(input: InterruptDeployments = {}, options?: CallOptions): Promise<string[]> {
    return this.#context.run(operations.interruptSilent, input, options, async ({ silentFor, reason, limit }) => {
      const { clock, ids, pg } = this.#context;
      const rows = await pg.many(statements.interrupt, {
        silent: `${silentFor} milliseconds`,
        reason,
        at: clock.now(),
        eventIds: arrayLiteral(Array.from({ length: limit }, () => ids.next())),
        context: contextLiteral(),
      });
      return rows.map(({ deployment_id }) => deployment_id);
    });
  }

  saveState(input: SaveState, options?: CallOptions): Promise<StrategyState> {
    return this.#context.run(operations.saveState, input, options, async (given) => {
      const { deploymentId, epoch, sequence, state } = given;
      const savedAt = this.#context.clock.now();
      const { outcome, version } = await this.#context.pg.one(statements.saveState, {
        id: deploymentId,
        epoch,
        sequence,
        state: JSON.stringify(state),
        at: savedAt,
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { deploymentId });
      if (outcome === 'same') return (await this.#loadState(deploymentId))[0]!.value;
      const value: StrategyState = { deploymentId, epoch, sequence, state, savedAt };
      this.#states.refresh([{ id: deploymentId, field: 'state', version, value }]);
      return value;
    });
  }

  findState(deploymentId: string, options?: CallOptions): Promise<StrategyState | undefined> {
    return this.#context.run(operations.findState, { deploymentId }, options, async (input, { fresh }) => {
      const [state] = await this.#states.read(input.deploymentId, fresh, () => this.#loadState(input.deploymentId));
      return state;
    });
  }

  find(deploymentId: string, options?: CallOptions): Promise<Deployment | undefined> {
    return this.#context.run(operations.find, { deploymentId }, options, (input) => this.#find(input.deploymentId));
  }

  get(deploymentId: string, options?: CallOptions): Promise<Deployment> {
    return this.#context.run(operations.get, { deploymentId }, options, (input) => this.#load(input.deploymentId));
  }

  list(input: ListDeployments = {}, options?: CallOptions): Listing<Deployment> {
    return listing(input, (page) =>
      this.#context.run(
        operations.list,
        page,
        options,
        async ({ strategyId, accountId, mode, actual, cursor, limit }) => {
          let query = db
            .selectFrom('deployments')
            .select(deploymentColumns)
            .orderBy('id')
            .limit(limit + 1);
          if (strategyId !== undefined) query = query.where('strategy_id', '=', strategyId);
          if (accountId !== undefined) query = query.where('account_id', '=', accountId);
          if (mode !== undefined) query = query.where('mode', '=', mode);
          if (actual !== undefined) query = query.where('actual', 'in', actual);
          if (cursor) query = query.where('id', '>', cursor[0]);
          const rows = await this.#context.pg.query('trading.deployments.list', 'read', query);
          return toPage(rows.map(toDeployment), limit, ({ id }) => [id]);
        },
      ),
    );
  }

  listEvents(deploymentId: string, options?: CallOptions): Promise<DeploymentEvent[]> {
    return this.#context.run(operations.listEvents, { deploymentId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listEvents, { id: input.deploymentId });
      return rows.map(({ run_id, occurred_at, ...row }) => present({ ...row, run: run_id, occurredAt: occurred_at }));
    });
  }

  async #change(change: {
    deploymentId: string;
    version?: number | undefined;
    desired?: DeploymentWish;
    epoch?: number;
    actual?: string;
    reason?: string | undefined;
    run?: string | undefined;
    fence?: number | undefined;
  }): Promise<Deployment> {
    const { deploymentId, version, desired, epoch, actual, reason, run, fence } = change;
    const { outcome } = await this.#context.pg.one(statements.change, {
      id: deploymentId,
      version,
      desired,
      epoch,
      actual,
      reason,
      run,
      fence,
      ...this.#stamp(),
    });
    return this.#answer(outcome, deploymentId);
  }

  #stamp() {
    const { clock, ids } = this.#context;
    return { at: clock.now(), eventId: ids.next(), context: contextLiteral() };
  }

  async #loadState(id: string) {
    const row = await this.#context.pg.maybe(statements.findState, { id });
    if (!row) return [];
    const value: StrategyState = {
      deploymentId: row.deployment_id,
      epoch: row.epoch,
      sequence: row.sequence,
      state: row.state as Record<string, unknown>,
      savedAt: row.saved_at,
    };
    return [{ id: row.deployment_id, field: 'state', version: row.version, value }];
  }

  async #find(id: string): Promise<Deployment | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toDeployment(row);
  }

  async #load(deploymentId: string): Promise<Deployment> {
    const deployment = await this.#find(deploymentId);
    if (!deployment) throw refusal('unknown-deployment', { deploymentId });
    return deployment;
  }

  #answer(outcome: Outcome, deploymentId: string): Promise<Deployment> {
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { deploymentId });
    return this.#load(deploymentId);
  }
}

const toDeployment = (row: NonNullable<(typeof statements.find)['row']>): Deployment =>
  present({
    id: row.id,
    strategyId: row.strategy_id,
    strategyVersion: row.strategy_version,
    mode: row.mode,
    accountId: row.account_id,
    venue: row.venue,
    currency: row.currency,
    startingEquity: row.starting_equity,
    positionMode: row.position_mode,
    lotMethod: row.lot_method,
    desired: row.desired,
    actual: row.actual,
    reason: row.reason,
    epoch: row.epoch,
    heartbeatAt: row.heartbeat_at,
    version: row.version,
    createdAt: row.created_at,
    stoppedAt: row.stopped_at,
  });
