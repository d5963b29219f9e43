import {
  type AdapterContext,
  Cache,
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { contentHash } from '../content-hash.ts';
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import {
  type ChangeStrategy,
  type CreateStrategy,
  type GetStrategyVersion,
  type ListStrategies,
  type ListStrategyVersions,
  type PublishVersion,
  type Strategies,
  type Strategy,
  type StrategyEvent,
  type StrategyRefusal,
  type StrategyVersion,
  changeStrategy,
  createStrategy,
  getStrategyVersion,
  listStrategies,
  listStrategyVersions,
  publishVersion,
} from './strategies.ts';

const db = queryBuilder<Tables>();

const columns = ['id', 'name', 'kind', 'symbols', 'status', 'last_version', 'version', 'created_at'] as const;
const versionColumns = [
  'strategy_id',
  'version',
  'code_hash',
  'params',
  'params_hash',
  'engine_version',
  'max_position',
  'max_daily_loss',
  'max_leverage',
  'published_at',
] as const;

type Outcome = StrategyRefusal | 'ok' | 'same';

const statements = {
  create: functionCall(
    'trading.strategies.create',
    'write',
    'create_strategy',
    ['id', 'name', 'kind', 'symbols', 'requestHash', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  change: functionCall(
    'trading.strategies.change',
    'write',
    'change_strategy',
    ['id', 'version', 'status', 'name', 'symbols', 'reason', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  publish: functionCall(
    'trading.strategies.publishVersion',
    'write',
    'publish_strategy_version',
    [
      'strategyId',
      'codeHash',
      'params',
      'paramsHash',
      'engineVersion',
      'maxPosition',
      'maxDailyLoss',
      'maxLeverage',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome; version: number }>(),
  ),
  find: statement('trading.strategies.find', 'read', (p: { id: string }) =>
    db.selectFrom('strategies').select(columns).where('id', '=', p.id),
  ),
  findVersions: statement('trading.strategies.findVersions', 'read', (p: { ids: string; versions: string }) =>
    db
      .selectFrom('strategy_versions')
      .select(versionColumns)
      .where(
        sql<boolean>`(strategy_id, version) in (select * from unnest(${p.ids}::text[], ${p.versions}::integer[]))`,
      ),
  ),
  listEvents: statement('trading.strategies.listEvents', 'read', (p: { id: string }) =>
    db
      .selectFrom('strategy_events')
      .select(['version', 'type', 'status', 'last_version', 'reason', 'actor', 'occurred_at'])
      .where('strategy_id', '=', p.id)
      .orderBy('version'),
  ),
};

const one = z.strictObject({ strategyId: idInput });
const operations = {
  create: operation('trading.strategies.create', createStrategy, (input) => input.strategyId),
  change: operation('trading.strategies.change', changeStrategy, (input) => input.strategyId),
  publishVersion: operation('trading.strategies.publishVersion', publishVersion, (input) => input.strategyId),
  find: operation('trading.strategies.find', one),
  get: operation('trading.strategies.get', one),
  list: operation('trading.strategies.list', listStrategies),
  getVersion: operation('trading.strategies.getVersion', getStrategyVersion),
  listVersions: operation('trading.strategies.listVersions', listStrategyVersions),
  listEvents: operation('trading.strategies.listEvents', one),
};

/** Of a stored copy: what it must be to be believed. */
const storedVersion = z.object({ strategyId: z.string(), version: z.number(), codeHash: z.string() }).loose();

export class StrategyRepository implements Strategies {
  readonly #context: AdapterContext;
  readonly #versions: Cache<StrategyVersion>;

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#versions = new Cache<StrategyVersion>(context, {
      name: 'strategy-versions',
      schema: storedVersion as unknown as z.ZodType<StrategyVersion>,
      ttlMs: 3_600_000,
      absentTtlMs: 1000,
      keyOf: versionKey,
      load: async (keys) => {
        const parts = keys.map(
          (key) => [key.slice(0, key.lastIndexOf('@')), key.slice(key.lastIndexOf('@') + 1)] as const,
        );
        const rows = await context.pg.many(statements.findVersions, {
          ids: arrayLiteral(parts.map(([id]) => id)),
          versions: arrayLiteral(parts.map(([, version]) => version)),
        });
        return rows.map(toVersion);
      },
    });
  }

  create(input: CreateStrategy, options?: CallOptions): Promise<Strategy> {
    return this.#context.run(operations.create, input, options, async ({ strategyId, name, kind, symbols }) => {
      const id = strategyId ?? this.#context.ids.next();
      const { outcome } = await this.#context.pg.one(statements.create, {
        id,
        name,
        kind,
        symbols: arrayLiteral(symbols),
        requestHash: requestHash(name, kind, symbols),
        ...this.#stamp(),
      });
      return this.#answer(outcome, id);
    });
  }

  change(input: ChangeStrategy, options?: CallOptions): Promise<Strategy> {
    return this.#context.run(operations.change, input, options, async ({ strategyId, symbols, ...change }) => {
      const { outcome } = await this.#context.pg.one(statements.change, {
        id: strategyId,
        version: change.version,
        status: change.status,
        name: change.name,
        symbols: symbols && arrayLiteral(symbols),
        reason: change.reason,
        ...this.#stamp(),
      });
      return this.#answer(outcome, strategyId);
    });
  }

  publishVersion(input: PublishVersion, options?: CallOptions): Promise<StrategyVersion> {
    return this.#context.run(operations.publishVersion, input, options, async (given) => {
      const { strategyId, codeHash, params, engineVersion, maxPosition, maxDailyLoss, maxLeverage } = given;
      const { outcome, version } = await this.#context.pg.one(statements.publish, {
        strategyId,
        codeHash,
        params: JSON.stringify(params),
        paramsHash: contentHash({ params, maxPosition, maxDailyLoss, maxLeverage }),
        engineVersion,
        maxPosition,
        maxDailyLoss,
        maxLeverage,
        ...this.#stamp(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { strategyId });
      return this.#version(strategyId, version);
    });
  }

  find(strategyId: string, options?: CallOptions): Promise<Strategy | undefined> {
    return this.#context.run(operations.find, { strategyId }, options, (input) => this.#find(input.strategyId));
  }

  get(strategyId: string, options?: CallOptions): Promise<Strategy> {
    return this.#context.run(operations.get, { strategyId }, options, (input) => this.#load(input.strategyId));
  }

  list(input: ListStrategies = {}, options?: CallOptions): Listing<Strategy> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ status, kind, symbol, cursor, limit }) => {
        let query = db
          .selectFrom('strategies')
          .select(columns)
          .orderBy('id')
          .limit(limit + 1);
        if (status !== undefined) query = query.where('status', '=', status);
        if (kind !== undefined) query = query.where('kind', '=', kind);
        if (symbol !== undefined) query = query.where(sql<boolean>`${symbol} = any (symbols)`);
        if (cursor) query = query.where('id', '>', cursor[0]);
        const rows = await this.#context.pg.query('trading.strategies.list', 'replica', query);
        return toPage(rows.map(toStrategy), limit, ({ id }) => [id]);
      }),
    );
  }

  getVersion(input: GetStrategyVersion, options?: CallOptions): Promise<StrategyVersion> {
    return this.#context.run(operations.getVersion, input, options, ({ strategyId, version }) =>
      this.#version(strategyId, version),
    );
  }

  listVersions(input: ListStrategyVersions, options?: CallOptions): Listing<StrategyVersion> {
    return listing(input, (page) =>
      this.#context.run(operations.listVersions, page, options, async ({ strategyId, cursor, limit }) => {
        let query = db
          .selectFrom('strategy_versions')
          .select(versionColumns)
          .where('strategy_id', '=', strategyId)
          .orderBy('version', 'desc')
          .limit(limit + 1);
        if (cursor) query = query.where('version', '<', cursor[0]);
        const rows = await this.#context.pg.query('trading.strategies.listVersions', 'replica', query);
        return toPage(rows.map(toVersion), limit, ({ version }) => [version]);
      }),
    );
  }

  listEvents(strategyId: string, options?: CallOptions): Promise<StrategyEvent[]> {
    return this.#context.run(operations.listEvents, { strategyId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listEvents, { id: input.strategyId });
      return rows.map(({ last_version, occurred_at, ...row }) =>
        present({ ...row, latestVersion: last_version || null, occurredAt: occurred_at }),
      );
    });
  }

  #stamp() {
    const { clock, ids } = this.#context;
    return { at: clock.now(), eventId: ids.next(), context: contextLiteral() };
  }

  async #version(strategyId: string, version: number): Promise<StrategyVersion> {
    const found = await this.#versions.get(versionKey({ strategyId, version }));
    if (!found) throw refusal('unknown-strategy-version', { strategyId, version });
    return found;
  }

  async #find(id: string): Promise<Strategy | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toStrategy(row);
  }

  async #load(strategyId: string): Promise<Strategy> {
    const strategy = await this.#find(strategyId);
    if (!strategy) throw refusal('unknown-strategy', { strategyId });
    return strategy;
  }

  #answer(outcome: Outcome, strategyId: string): Promise<Strategy> {
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { strategyId });
    return this.#load(strategyId);
  }
}

const versionKey = ({ strategyId, version }: Pick<StrategyVersion, 'strategyId' | 'version'>) =>
  `${strategyId}@${version}`;

const toStrategy = ({ last_version, created_at, ...row }: NonNullable<(typeof statements.find)['row']>): Strategy =>
  present({ ...row, latestVersion: last_version || null, createdAt: created_at });

interface VersionRow {
  strategy_id: string;
  version: number;
  code_hash: string;
  params: unknown;
  params_hash: string;
  engine_version: string | null;
  max_position: Decimal | null;
  max_daily_loss: Decimal | null;
  max_leverage: Decimal | null;
  published_at: Instant;
}

const toVersion = (row: VersionRow): StrategyVersion =>
  present({
    strategyId: row.strategy_id,
    version: row.version,
    codeHash: row.code_hash,
    params: row.params as Record<string, unknown>,
    paramsHash: row.params_hash,
    engineVersion: row.engine_version,
    maxPosition: row.max_position,
    maxDailyLoss: row.max_daily_loss,
    maxLeverage: row.max_leverage,
    publishedAt: row.published_at,
  });
