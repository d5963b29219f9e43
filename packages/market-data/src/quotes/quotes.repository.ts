import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  type Queries,
  answers,
  arrayLiteral,
  functionCall,
  listing,
  operation,
  queryBuilder,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { instantOf } from '../bulk/event-time.ts';
import { Partitions } from '../bulk/partitions.ts';
import type { Tables } from '../schema.ts';
import type { QuoteRow } from './quote-text.ts';
import {
  type GetQuoteStatistics,
  type ListQuoteMinutes,
  type QuoteMinute,
  type QuoteStatistics,
  listQuoteMinutes,
  quoteStatistics,
} from './quotes.ts';

const db = queryBuilder<Tables>();

const sums = [
  'micros',
  'spread_sum',
  'mid2_sum',
  'bid_qty_sum',
  'ask_qty_sum',
  'depth_micros',
  'bid_depth_sum',
  'ask_depth_sum',
  'quote_count',
  'crossed_count',
] as const;

const states = () =>
  db
    .selectFrom('quote_states')
    .select([
      'symbol',
      'source',
      'event_at',
      'seq',
      'bid',
      'bid_qty',
      'ask',
      'ask_qty',
      'depth_levels',
      'bid_depth',
      'ask_depth',
    ]);

interface Sums extends Record<Exclude<(typeof sums)[number], `${string}_sum`>, number> {
  spread_sum: string;
  mid2_sum: string;
  bid_qty_sum: string;
  ask_qty_sum: string;
  bid_depth_sum: string;
  ask_depth_sum: string;
  spread_min: Decimal;
  spread_max: Decimal;
  depth_levels: number | null;
}

const statements = {
  archive: functionCall(
    'market-data.quotes.archive',
    'write',
    'archive_quotes',
    [
      'symbol',
      'sources',
      'eventAts',
      'sequences',
      'bids',
      'bidQuantities',
      'asks',
      'askQuantities',
      'levels',
      'bidDepths',
      'askDepths',
      'continues',
    ],
    answers<{ minutes: number }>(),
  ),
  find: statement('market-data.quotes.find', 'read', (p: { symbol: string; source: string }) =>
    states().where('symbol', '=', p.symbol).where('source', '=', p.source),
  ),
  all: statement('market-data.quotes.all', 'read', () => states().orderBy('symbol').orderBy('source')),
  statistics: statement(
    'market-data.quotes.statistics',
    'replica',
    (p: { symbol: string; source: string; from: Instant; to: Instant }) => ({
      compile: () =>
        sql<Sums & { quote_count: number | null }>`
          select sum(micros)::int8 as micros, sum(spread_sum) as spread_sum, sum(mid2_sum) as mid2_sum, sum(bid_qty_sum) as bid_qty_sum,
            sum(ask_qty_sum) as ask_qty_sum, sum(depth_micros)::int8 as depth_micros, sum(bid_depth_sum) as bid_depth_sum,
            sum(ask_depth_sum) as ask_depth_sum, sum(quote_count)::int8 as quote_count, sum(crossed_count)::int8 as crossed_count,
            min(spread_min) as spread_min, max(spread_max) as spread_max, max(depth_levels) as depth_levels
          from quote_minutes
          where symbol = ${p.symbol} and source = ${p.source} and minute >= ${p.from}::timestamptz and minute < ${p.to}::timestamptz`.compile(
          db,
        ),
    }),
  ),
};

const operations = {
  statistics: operation('market-data.quotes.statistics', quoteStatistics),
  listMinutes: operation('market-data.quotes.listMinutes', listQuoteMinutes),
};

/** What was archived of quotes: the last of each source, and the minutes they made. */
export class QuoteRepository {
  readonly #context: AdapterContext;
  readonly #partitions: Partitions;

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#partitions = new Partitions(context, 'quote_minutes');
  }

  find(symbol: string, source: string): Promise<QuoteRow | undefined> {
    return this.#context.pg.maybe(statements.find, { symbol, source });
  }

  /** The last of each source, by symbol. */
  async lastQuotes(): Promise<Map<string, QuoteRow[]>> {
    const rows: QuoteRow[] = await this.#context.pg.many(statements.all, undefined);
    return Map.groupBy(rows, ({ symbol }) => symbol);
  }

  /** Stores quotes that Redis took, as their texts. */
  async store(tx: Queries, symbol: string, entries: readonly string[], continues: boolean): Promise<void> {
    const quotes = entries.flatMap((entry) => entry.split('\n')).map((text) => text.split('|'));
    const column = (place: number) => arrayLiteral(quotes.map((quote) => (quote[place] === '' ? null : quote[place]!)));
    const micros = quotes.map((quote) => Number(quote[1]));
    let latest = -Infinity;
    for (const at of micros) if (at > latest) latest = at;
    await this.#partitions.ensure(latest);
    await tx.one(statements.archive, {
      symbol,
      sources: column(0),
      eventAts: arrayLiteral(micros.map(instantOf)),
      sequences: column(2),
      bids: column(3),
      bidQuantities: column(4),
      asks: column(5),
      askQuantities: column(6),
      levels: column(7),
      bidDepths: column(8),
      askDepths: column(9),
      continues,
    });
  }

  statistics(input: GetQuoteStatistics, options?: CallOptions): Promise<QuoteStatistics | undefined> {
    return this.#context.run(operations.statistics, input, options, async (given) => {
      const row = await this.#context.pg.one(statements.statistics, given);
      return row.quote_count === null ? undefined : toStatistics(row);
    });
  }

  listMinutes(input: ListQuoteMinutes, options?: CallOptions): Listing<QuoteMinute> {
    return listing(input, (page) =>
      this.#context.run(
        operations.listMinutes,
        page,
        options,
        async ({ symbol, source, from, to, cursor: after, limit }) => {
          let query = db
            .selectFrom('quote_minutes')
            .select(['minute', 'spread_min', 'spread_max', 'depth_levels', ...sums])
            .where('symbol', '=', symbol)
            .where('source', '=', source)
            .orderBy('minute')
            .limit(limit + 1);
          if (from !== undefined) query = query.where('minute', '>=', from);
          if (to !== undefined) query = query.where('minute', '<', to);
          if (after) query = query.where('minute', '>', after[0]);
          const rows = await this.#context.pg.query('market-data.quotes.listMinutes', 'replica', query);
          return toPage(
            rows.map((row) => ({ minute: row.minute, ...toStatistics(row) })),
            limit,
            ({ minute }) => [minute],
          );
        },
      ),
    );
  }
}

/** The sums are exact; what is made of them is a statistic. */
function toStatistics(row: Sums): QuoteStatistics {
  const mean = (sum: string, over: number) => Number(sum) / over;
  const { micros } = row;
  return {
    seconds: micros / 1e6,
    ...(micros > 0 && {
      meanSpread: mean(row.spread_sum, micros),
      meanMid: mean(row.mid2_sum, 2 * micros),
      meanBidQuantity: mean(row.bid_qty_sum, micros),
      meanAskQuantity: mean(row.ask_qty_sum, micros),
    }),
    minSpread: row.spread_min,
    maxSpread: row.spread_max,
    ...(row.depth_micros > 0 &&
      row.depth_levels !== null && {
        meanDepth: {
          levels: row.depth_levels,
          bid: mean(row.bid_depth_sum, row.depth_micros),
          ask: mean(row.ask_depth_sum, row.depth_micros),
        },
      }),
    quotes: row.quote_count,
    crossed: row.crossed_count,
  };
}
