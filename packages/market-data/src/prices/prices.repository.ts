import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  arrayLiteral,
  decimal,
  instant,
  listing,
  operation,
  queryBuilder,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { type GetSnapshot, type ListTicks, type MarketSnapshot, type Tick, getSnapshot, listTicks } from './prices.ts';

const db = queryBuilder<Tables>();

export interface TickRow {
  source: string;
  event_at: Instant;
  seq: number;
  price: Decimal;
  bid: Decimal | null;
  ask: Decimal | null;
}
const columns = ['source', 'event_at', 'seq', 'price', 'bid', 'ask'] as const;

const statements = {
  lastTicks: statement('market-data.prices.lastTicks', 'read', (p: { symbols: string | null }) =>
    db
      .selectFrom('last_ticks')
      .select(['symbol', ...columns])
      .where(sql<boolean>`(${p.symbols}::text[] is null or symbol = any (${p.symbols}::text[]))`)
      .orderBy('symbol')
      .orderBy('source'),
  ),
  // The newest of each source by its key, then the newest of them all.
  newest: statement('market-data.prices.newest', 'read', (p: { symbol: string; limit: number }) => ({
    compile: () =>
      sql<TickRow>`
        select t.* from last_ticks as l
        cross join lateral (
          select source, event_at, seq, price, bid, ask from price_ticks as t
          where t.symbol = l.symbol and t.source = l.source order by event_at desc, seq desc limit ${p.limit}::bigint) as t
        where l.symbol = ${p.symbol} order by t.event_at desc, t.seq desc limit ${p.limit}::bigint`.compile(db),
  })),
  day: statement(
    'market-data.prices.day',
    'read',
    (p: { symbol: string; source: string; from: Instant; to: Instant }) => ({
      compile: () =>
        sql<{
          volume: Decimal | null;
          high: Decimal | null;
          low: Decimal | null;
          before: Decimal | null;
          last: Decimal | null;
        }>`
        with day as (
          select open_time, open, high, low, close, base_volume from candles
          where symbol = ${p.symbol} and interval = '1m' and price_type = 'trade' and source = ${p.source}
            and open_time >= ${p.from}::timestamptz and open_time < ${p.to}::timestamptz)
        select sum(base_volume) as volume, max(high) as high, min(low) as low,
          (select open from day order by open_time limit 1) as before, (select close from day order by open_time desc limit 1) as last
        from day`.compile(db),
    }),
  ),
};

const operations = {
  list: operation('market-data.prices.list', listTicks),
  snapshot: operation('market-data.prices.snapshot', getSnapshot),
};

const DAY_MS = 86_400_000;

/** What was archived of live prices. */
export class PriceRepository {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  /** The last archived tick of each source, of these symbols or of all. */
  async lastTicks(symbols?: readonly string[]): Promise<Map<string, (TickRow & { symbol: string })[]>> {
    const rows = await this.#context.pg.many(statements.lastTicks, { symbols: symbols ? arrayLiteral(symbols) : null });
    return Map.groupBy(rows, ({ symbol }) => symbol);
  }

  newest(symbol: string, limit: number): Promise<TickRow[]> {
    return this.#context.pg.many(statements.newest, { symbol, limit });
  }

  list(input: ListTicks, options?: CallOptions): Listing<Tick> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ symbol, source, from, to, cursor: after, limit }) => {
        let query = db
          .selectFrom('price_ticks')
          .select(columns)
          .where('symbol', '=', symbol)
          .where('source', '=', source)
          .orderBy('event_at')
          .orderBy('seq')
          .limit(limit + 1);
        if (from !== undefined) query = query.where('event_at', '>=', from);
        if (to !== undefined) query = query.where('event_at', '<', to);
        if (after) query = query.where(sql<boolean>`(event_at, seq) > (${after[0]}::timestamptz, ${after[1]}::bigint)`);
        const rows = await this.#context.pg.query('market-data.prices.list', 'replica', query);
        return toPage(
          rows.map((row) => toTick(symbol, row)),
          limit,
          (tick) => [tick.eventAt, tick.sequence],
        );
      }),
    );
  }

  snapshot(
    input: GetSnapshot,
    options: CallOptions | undefined,
    latest: (symbol: string) => Promise<Tick | undefined>,
  ): Promise<MarketSnapshot> {
    return this.#context.run(operations.snapshot, input, options, async ({ symbol, source }) => {
      const now = this.#context.clock.now();
      const from = instant.plusMillis(now, -DAY_MS);
      const [tick, day] = await Promise.all([
        latest(symbol),
        this.#context.pg.one(statements.day, { symbol, source, from, to: now }),
      ]);
      const last = tick?.price ?? day.last ?? undefined;
      const { bid, ask } = tick ?? {};
      const change = last !== undefined && day.before !== null ? decimal.minus(last, day.before) : undefined;
      return {
        symbol,
        ...(last !== undefined && { last }),
        ...(bid !== undefined && { bid }),
        ...(ask !== undefined && { ask }),
        ...(bid !== undefined && ask !== undefined && { spread: decimal.minus(ask, bid) }),
        ...(day.volume !== null && { volume24h: day.volume }),
        ...(day.high !== null && { high24h: day.high }),
        ...(day.low !== null && { low24h: day.low }),
        ...(change !== undefined && {
          change24h: change,
          changePercent24h: decimal.div(decimal.times(change, '100'), day.before!, 4, 'half-even'),
        }),
        ...(tick && { at: tick.eventAt }),
      };
    });
  }
}

export const toTick = (symbol: string, row: TickRow): Tick => ({
  symbol,
  source: row.source,
  eventAt: row.event_at,
  sequence: row.seq,
  price: row.price,
  ...(row.bid !== null && { bid: row.bid }),
  ...(row.ask !== null && { ask: row.ask }),
});
