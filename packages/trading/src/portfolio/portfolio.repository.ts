import {
  type AdapterContext,
  type CallOptions,
  ConflictError,
  type Copy,
  type CopyStore,
  type Decimal,
  type Instant,
  type Listing,
  type Projection,
  answers,
  arrayLiteral,
  functionCall,
  idInput,
  instant,
  listing,
  operation,
  queryBuilder,
  refusal,
  statement,
  symbolInput,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import {
  type EquityPoint,
  type Holding,
  type ListEquity,
  type Mark,
  type Portfolio,
  type PortfolioRefusal,
  type RecordMarks,
  type Valuation,
  type ValuePortfolio,
  listEquity,
  recordMarks,
  valuePortfolio,
} from './portfolio.ts';

const db = queryBuilder<Tables>();
const asPoint = sql<EquityPoint>`equity_json(e)`.as('point');

interface ValuedRow {
  currency: string;
  starting_equity: Decimal;
  realized: Decimal;
  unrealized: Decimal;
  exposure: Decimal;
  net_exposure: Decimal;
  equity: Decimal;
  cash: Decimal;
  lacking: Valuation['lacking'];
  holdings: Holding[];
}

const statements = {
  mark: functionCall(
    'trading.portfolio.mark',
    'write',
    'record_marks',
    ['symbols', 'prices', 'origins', 'ats'],
    answers<{ outcome: 'ok' | 'stale' }>(),
  ),
  findMark: statement('trading.portfolio.findMark', 'read', (p: { symbol: string }) =>
    db
      .selectFrom('marks')
      .select(['symbol', 'price', 'origin', 'marked_at as markedAt'])
      .where('symbol', '=', p.symbol),
  ),
  value: functionCall(
    'trading.portfolio.value',
    'read',
    'value_portfolio',
    ['deploymentId', 'at', 'oldest'],
    answers<ValuedRow>(),
  ),
  snapshot: functionCall(
    'trading.portfolio.snapshot',
    'write',
    'snapshot_equity',
    ['deploymentId', 'at', 'oldest'],
    answers<{
      outcome: PortfolioRefusal | 'ok' | 'same';
      lacking: Valuation['lacking'] | null;
      point: EquityPoint | null;
    }>(),
  ),
  thin: functionCall('trading.portfolio.thin', 'write', 'thin_equity', ['at', 'limit'], answers<{ removed: number }>()),
  latest: statement('trading.portfolio.latest', 'read', (p: { deploymentId: string }) =>
    db
      .selectFrom('equity_points as e')
      .select(asPoint)
      .where('e.deployment_id', '=', p.deploymentId)
      .orderBy('e.at', 'desc')
      .limit(1),
  ),
};

const operations = {
  mark: operation('trading.portfolio.mark', recordMarks),
  findMark: operation('trading.portfolio.findMark', z.strictObject({ symbol: symbolInput })),
  value: operation('trading.portfolio.value', valuePortfolio),
  snapshot: operation('trading.portfolio.snapshot', valuePortfolio, (input) => input.deploymentId),
  latest: operation('trading.portfolio.latest', z.strictObject({ deploymentId: idInput })),
  listEquity: operation('trading.portfolio.listEquity', listEquity),
};

export class PortfolioRepository implements Portfolio {
  readonly #context: AdapterContext;
  readonly #points: CopyStore<EquityPoint>;
  readonly projection: Projection;

  constructor(context: AdapterContext, points: CopyStore<EquityPoint>) {
    this.#context = context;
    this.#points = points;
    this.projection = points.projection('portfolios', (deploymentId) => this.#copied(deploymentId));
  }

  mark(input: RecordMarks, options?: CallOptions): Promise<boolean[]> {
    return this.#context.run(operations.mark, input, options, async (marks) => {
      if (marks.length === 0) return [];
      const of = (value: (mark: (typeof marks)[number]) => string | undefined) => arrayLiteral(marks.map(value));
      const rows = await this.#context.pg.many(statements.mark, {
        symbols: of(({ symbol }) => symbol),
        prices: of(({ price }) => price),
        origins: of(({ origin }) => origin),
        ats: of(({ at }) => at),
      });
      return rows.map(({ outcome }) => outcome === 'ok');
    });
  }

  findMark(symbol: string, options?: CallOptions): Promise<Mark | undefined> {
    return this.#context.run(operations.findMark, { symbol }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.findMark, input);
      return row && present(row);
    });
  }

  value(input: ValuePortfolio, options?: CallOptions): Promise<Valuation> {
    return this.#context.run(operations.value, input, options, async (given) => {
      const { deploymentId } = given;
      const bounds = this.#bounds(given);
      const row = await this.#context.pg.maybe(statements.value, { deploymentId, ...bounds });
      if (!row) throw refusal('unknown-deployment', { deploymentId });
      const { realized, unrealized, exposure, equity, cash, lacking, holdings } = row;
      return {
        deploymentId,
        at: bounds.at,
        currency: row.currency,
        startingEquity: row.starting_equity,
        ...(lacking.length === 0 && { realized, unrealized, exposure, netExposure: row.net_exposure, equity, cash }),
        holdings,
        lacking,
      };
    });
  }

  snapshot(input: ValuePortfolio, options?: CallOptions): Promise<EquityPoint> {
    return this.#context.run(operations.snapshot, input, options, async (given) => {
      const { deploymentId } = given;
      const { outcome, lacking, point } = await this.#context.pg.one(statements.snapshot, {
        deploymentId,
        ...this.#bounds(given),
      });
      if (outcome === 'not-valued') {
        const prices = lacking!.map(({ symbol, reason }) => `${symbol} ${reason}`).join(', ');
        throw new ConflictError(outcome, `not valued: ${prices}`, { deploymentId, lacking: prices });
      }
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { deploymentId });
      this.#points.refresh([copyOf(point!)]);
      return point!;
    });
  }

  latest(deploymentId: string, options?: CallOptions): Promise<EquityPoint | undefined> {
    return this.#context.run(operations.latest, { deploymentId }, options, async (input, { fresh }) => {
      const [point] = await this.#points.read(input.deploymentId, fresh, () => this.#copied(input.deploymentId));
      return point;
    });
  }

  listEquity(input: ListEquity, options?: CallOptions): Listing<EquityPoint> {
    return listing(input, (page) =>
      this.#context.run(operations.listEquity, page, options, async ({ deploymentId, from, to, cursor, limit }) => {
        let query = db
          .selectFrom('equity_points as e')
          .select(asPoint)
          .where('e.deployment_id', '=', deploymentId)
          .orderBy('e.at')
          .limit(limit + 1);
        if (from !== undefined) query = query.where('e.at', '>=', from);
        if (to !== undefined) query = query.where('e.at', '<', to);
        if (cursor) query = query.where('e.at', '>', cursor[0]);
        const rows = await this.#context.pg.query('trading.portfolio.listEquity', 'replica', query);
        return toPage(
          rows.map(({ point }) => point),
          limit,
          ({ at }) => [at],
        );
      }),
    );
  }

  /** Thins what is old, at most `limit` points at once, and answers how many went. For the worker. */
  async thin(limit: number): Promise<number> {
    return (await this.#context.pg.one(statements.thin, { at: this.#context.clock.now(), limit })).removed;
  }

  async #copied(deploymentId: string): Promise<Copy<EquityPoint>[]> {
    return (await this.#context.pg.many(statements.latest, { deploymentId })).map(({ point }) => copyOf(point));
  }

  #bounds({ at = this.#context.clock.now(), maxAge }: { at?: Instant | undefined; maxAge: number }) {
    return { at, oldest: instant.plusMillis(at, -maxAge) };
  }
}

const copyOf = (point: EquityPoint): Copy<EquityPoint> => ({
  id: point.deploymentId,
  field: 'latest',
  version: Number(instant.micros(point.at)),
  value: point,
});
