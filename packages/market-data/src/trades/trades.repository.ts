import {
  type AdapterContext,
  Batcher,
  type CallOptions,
  type Instant,
  type Listing,
  type Member,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  instant,
  listing,
  operation,
  queryBuilder,
  statement,
  toPage,
  writeContext,
} from '@tse/core';
import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { scaleOf } from '../bulk/amount-text.ts';
import { Partitions } from '../bulk/partitions.ts';
import type { InstrumentRepository } from '../instruments/instruments.repository.ts';
import type { Tables } from '../schema.ts';
import { type TradeColumns, eventTimes, pickTrades, recordTrades } from './trade-columns.ts';
import {
  type ListTrades,
  type RecordTrades,
  type RecordedTrades,
  type Trade,
  type TradeSeries,
  type Trades,
  listTrades,
} from './trades.ts';

const db = queryBuilder<Tables>();

const columns = [
  'venue',
  'symbol',
  'event_at',
  'venue_trade_id',
  'seq',
  'price',
  'qty',
  'quote_qty',
  'taker_side',
  'recorded_at',
] as const;

/** What became of the trades of one batch: no outcomes where all were inserted. */
interface Taken {
  inserted: number;
  outcomes: ('inserted' | 'duplicate' | 'id-conflict')[] | null;
}

interface Batch {
  readonly trades: TradeColumns;
  /** A multirange, where it claims to cover one. */
  readonly covered: string | undefined;
  readonly at: Instant;
}

/** From so many trades on a batch goes by itself, as it pays for its own round trip. */
const LARGE = 100;

const columnsOfTrades = ['ids', 'eventAts', 'sequences', 'prices', 'quantities', 'sides', 'covered'] as const;
const statements = {
  record: functionCall(
    'market-data.trades.record',
    'write',
    'record_trades',
    ['venue', 'symbol', ...columnsOfTrades, 'eventId', 'at', 'context'],
    answers<Taken>(),
  ),
  recordBatches: functionCall(
    'market-data.trades.record-batches',
    'write',
    'record_trade_batches',
    ['venue', 'symbol', 'sizes', ...columnsOfTrades, 'eventIds', 'ats', 'contexts'],
    answers<Taken>(),
  ),
  listSeries: statement('market-data.trades.listSeries', 'read', () =>
    db
      .selectFrom('trade_series')
      .select(['venue', 'symbol', 'trade_count', 'first_event_at', 'last_event_at'])
      .orderBy('venue')
      .orderBy('symbol'),
  ),
};

const operations = {
  record: operation('market-data.trades.record', recordTrades, ({ venue, symbol }) => `${venue}/${symbol}`),
  list: operation('market-data.trades.list', listTrades),
  listSeries: operation('market-data.trades.listSeries', z.strictObject({})),
};

export class TradeRepository implements Trades {
  readonly #context: AdapterContext;
  readonly #instruments: InstrumentRepository;
  readonly #partitions: Partitions;
  readonly #writers = new Map<string, Batcher<Batch, Taken>>();
  readonly #onRecorded: (series: { venue: string; symbol: string }) => Promise<void>;

  constructor(
    context: AdapterContext,
    instruments: InstrumentRepository,
    onRecorded: (series: { venue: string; symbol: string }) => Promise<void>,
  ) {
    this.#context = context;
    this.#instruments = instruments;
    this.#partitions = new Partitions(context, 'trades');
    this.#onRecorded = onRecorded;
  }

  record(input: RecordTrades, options?: CallOptions): Promise<RecordedTrades> {
    return this.#context.run(operations.record, input, options, async ({ venue, symbol, trades, covers }) => {
      const { priceScale, quantityScale } = await this.#instruments.scalesOf(symbol);
      const fits = (place: number) =>
        scaleOf(trades.prices[place]!) <= priceScale && scaleOf(trades.quantities[place]!) <= quantityScale;
      const places: number[] = [];
      const rejected: RecordedTrades['rejected'] = [];
      for (let i = 0; i < trades.ids.length; i += 1)
        if (fits(i)) places.push(i);
        else rejected.push({ index: i, code: 'too-many-digits' });
      if (places.length === 0) return { inserted: 0, duplicates: 0, rejected };
      const fitting = rejected.length === 0 ? trades : pickTrades(trades, places);
      let latest = -Infinity;
      for (const micros of fitting.micros) if (micros > latest) latest = micros;
      await this.#partitions.ensure(latest);
      const covered = covers && `{[${covers.from},${justAfter(covers.to)})}`;
      const batch = { trades: fitting, covered, at: this.#context.clock.now() };
      const { inserted, outcomes } = await (fitting.ids.length < LARGE
        ? this.#writerOf(venue, symbol).submit(batch)
        : this.#write(venue, symbol, { input: batch, context: writeContext() }));
      if (inserted > 0) await this.#onRecorded({ venue, symbol });
      let duplicates = 0;
      for (const [i, outcome] of (outcomes ?? []).entries()) {
        if (outcome === 'duplicate') duplicates += 1;
        else if (outcome === 'id-conflict') rejected.push({ index: places[i]!, code: outcome });
      }
      return { inserted, duplicates, rejected: rejected.toSorted((a, b) => a.index - b.index) };
    });
  }

  /** All writes of a series wait for its row: those that come at the same time are one round trip, and need one connection. */
  #writerOf(venue: string, symbol: string): Batcher<Batch, Taken> {
    const series = `${venue} ${symbol}`;
    let writer = this.#writers.get(series);
    if (writer === undefined) {
      writer = new Batcher(
        {
          name: 'trades.record',
          one: (member) => this.#write(venue, symbol, member),
          batch: (members) => this.#writeAll(venue, symbol, members),
        },
        this.#context.telemetry,
      );
      this.#writers.set(series, writer);
    }
    return writer;
  }

  #write(venue: string, symbol: string, { input, context }: Member<Batch>): Promise<Taken> {
    const { trades, covered, at } = input;
    const eventId = this.#context.ids.next();
    const by = { eventId, at, context: contextLiteral(context) };
    return this.#context.pg.one(statements.record, { venue, symbol, ...literalsOf(trades), covered, ...by });
  }

  #writeAll(venue: string, symbol: string, members: readonly Member<Batch>[]): Promise<Taken[]> {
    const inputs = members.map(({ input }) => input);
    return this.#context.pg.many(statements.recordBatches, {
      venue,
      symbol,
      sizes: arrayLiteral(inputs.map(({ trades }) => trades.ids.length)),
      ...literalsOf(joined(inputs.map(({ trades }) => trades))),
      covered: arrayLiteral(inputs.map(({ covered }) => covered)),
      eventIds: arrayLiteral(inputs.map(() => this.#context.ids.next())),
      ats: arrayLiteral(inputs.map(({ at }) => at)),
      contexts: arrayLiteral(members.map(({ context }) => contextLiteral(context))),
    });
  }

  list(input: ListTrades, options?: CallOptions): Listing<Trade> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const { venue, symbol, from, to, sort, cursor: after, limit } = given;
        const order = sort === 'oldest' ? 'asc' : 'desc';
        let query = db
          .selectFrom('trades')
          .select(columns)
          .where('venue', '=', venue)
          .where('symbol', '=', symbol)
          .orderBy('event_at', order)
          .orderBy('seq', order)
          .orderBy(sql`venue_trade_id collate "C"`, order)
          .limit(limit + 1);
        if (from !== undefined) query = query.where('event_at', '>=', from);
        if (to !== undefined) query = query.where('event_at', '<', to);
        if (after) {
          const [at, sequence, id] = after;
          const [bound, next] = sort === 'oldest' ? [sql`>=`, sql`>`] : [sql`<=`, sql`<`];
          // The first condition finds the place in the index, the second is exact.
          query = query
            .where(sql<boolean>`event_at ${bound} ${at}::timestamptz`)
            .where(
              sql<boolean>`(event_at, seq, venue_trade_id collate "C") ${next} (${at}::timestamptz, ${sequence}::bigint, ${id}::text collate "C")`,
            );
        }
        const rows = await this.#context.pg.query('market-data.trades.list', 'replica', query);
        return toPage(rows.map(toTrade), limit, (trade) => [trade.eventAt, trade.sequence, trade.tradeId]);
      }),
    );
  }

  listSeries(options?: CallOptions): Promise<TradeSeries[]> {
    return this.#context.run(operations.listSeries, {}, options, async () => {
      const rows = await this.#context.pg.many(statements.listSeries, undefined);
      return rows.map((row) => ({
        venue: row.venue,
        symbol: row.symbol,
        count: row.trade_count,
        ...(row.first_event_at !== null && { firstEventAt: row.first_event_at }),
        ...(row.last_event_at !== null && { lastEventAt: row.last_event_at }),
      }));
    });
  }
}

const literalsOf = (trades: TradeColumns) => ({
  ids: arrayLiteral(trades.ids),
  eventAts: arrayLiteral(eventTimes(trades)),
  sequences: arrayLiteral(trades.sequences),
  prices: arrayLiteral(trades.prices),
  quantities: arrayLiteral(trades.quantities),
  sides: arrayLiteral(trades.sides),
});

const joined = (batches: readonly TradeColumns[]): TradeColumns => ({
  ids: batches.flatMap(({ ids }) => ids),
  micros: batches.flatMap(({ micros }) => micros),
  sequences: batches.flatMap(({ sequences }) => sequences),
  prices: batches.flatMap(({ prices }) => prices),
  quantities: batches.flatMap(({ quantities }) => quantities),
  sides: batches.flatMap(({ sides }) => sides),
});

/** A span that is told with its last instant ends just after it. */
const justAfter = (at: Instant): Instant => instant.fromMicros(instant.micros(at) + 1n);

type TradeRow = Selectable<Pick<Tables['trades'], (typeof columns)[number]>>;

const toTrade = (row: TradeRow): Trade => ({
  venue: row.venue,
  symbol: row.symbol,
  tradeId: row.venue_trade_id,
  eventAt: row.event_at,
  sequence: row.seq,
  price: row.price,
  quantity: row.qty,
  quoteQuantity: row.quote_qty,
  ...(row.taker_side !== null && { takerSide: row.taker_side }),
  recordedAt: row.recorded_at,
});
