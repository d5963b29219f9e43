import {
  type AdapterContext,
  type Decimal,
  type Instant,
  type Queries,
  arrayLiteral,
  queryBuilder,
  refusal,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { type Change, type Sides, applyChanges, checksumOf } from './book-levels.ts';
import type { OrderBook, OrderBookRefusal } from './order-books.ts';

const db = queryBuilder<Tables>();

/** What the log holds, a line each. */
export type BookRecord =
  | ({ kind: 'snapshot'; sequence: number; eventAt: Instant } & Sides)
  | { kind: 'delta'; sequence: number; follows: number; eventAt: Instant; changes: Change[] };

const statements = {
  insertSnapshot: statement(
    'market-data.order-books.insertSnapshot',
    'write',
    (p: {
      symbol: string;
      sequence: number;
      eventAt: Instant;
      bidPrices: string;
      bidQuantities: string;
      askPrices: string;
      askQuantities: string;
      checksum: number;
      derived: boolean;
    }) =>
      db
        .insertInto('book_snapshots')
        .values({
          symbol: p.symbol,
          seq: p.sequence,
          event_at: p.eventAt,
          bid_prices: p.bidPrices as never,
          bid_qtys: p.bidQuantities as never,
          ask_prices: p.askPrices as never,
          ask_qtys: p.askQuantities as never,
          checksum: p.checksum,
          derived: p.derived,
        })
        .onConflict((c) => c.doNothing()),
  ),
  insertDeltas: statement(
    'market-data.order-books.insertDeltas',
    'write',
    (
      p: Record<'symbol' | 'sequences' | 'places' | 'follows' | 'eventAts' | 'sides' | 'prices' | 'quantities', string>,
    ) => ({
      compile: () =>
        sql`insert into book_deltas (symbol, seq, n, prev_seq, event_at, side, price, qty)
          select ${p.symbol}, d.* from unnest(${p.sequences}::bigint[], ${p.places}::integer[], ${p.follows}::bigint[], ${p.eventAts}::timestamptz[],
            ${p.sides}::text[], ${p.prices}::numeric[], ${p.quantities}::numeric[]) as d
          on conflict do nothing`.compile(db),
    }),
  ),
  snapshotBefore: statement(
    'market-data.order-books.snapshotBefore',
    'read',
    (p: { symbol: string; sequence: number }) =>
      db
        .selectFrom('book_snapshots')
        .select(['seq', 'event_at', 'bid_prices', 'bid_qtys', 'ask_prices', 'ask_qtys'])
        .where('symbol', '=', p.symbol)
        .where('seq', '<=', p.sequence)
        .orderBy('seq', 'desc')
        .limit(1),
  ),
  deltasBetween: statement(
    'market-data.order-books.deltasBetween',
    'read',
    (p: { symbol: string; after: number; upTo: number }) =>
      db
        .selectFrom('book_deltas')
        .select(['seq', 'prev_seq', 'event_at', 'side', 'price', 'qty'])
        .where('symbol', '=', p.symbol)
        .where('seq', '>', p.after)
        .where('seq', '<=', p.upTo)
        .orderBy('seq')
        .orderBy('n'),
  ),
  changesSince: statement('market-data.order-books.changesSince', 'read', (p: { symbol: string }) => ({
    compile: () =>
      sql<{ changes: number }>`select count(*)::integer as changes from book_deltas where symbol = ${p.symbol}
        and seq > (select coalesce(max(seq), 0) from book_snapshots where symbol = ${p.symbol})`.compile(db),
  })),
};

/** So many changes are replayed at most. */
const SNAPSHOT_EVERY = 2000;

/** What was archived of order books. */
export class OrderBookRepository {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  /** Stores what Redis took, and a snapshot of our own where the deltas have become many. */
  async store(tx: Queries, symbol: string, entries: readonly string[]): Promise<void> {
    const records = entries.flatMap((entry) => entry.split('\n')).map((line) => JSON.parse(line) as BookRecord);
    for (const record of records) if (record.kind === 'snapshot') await this.#insertSnapshot(tx, symbol, record, false);
    const rows = records.flatMap((record) =>
      record.kind === 'delta' ? record.changes.map((change, n) => ({ ...record, ...change, n })) : [],
    );
    if (rows.length === 0) return;
    await tx.run(statements.insertDeltas, {
      symbol,
      sequences: arrayLiteral(rows.map(({ sequence }) => sequence)),
      places: arrayLiteral(rows.map(({ n }) => n)),
      follows: arrayLiteral(rows.map(({ follows }) => follows)),
      eventAts: arrayLiteral(rows.map(({ eventAt }) => eventAt)),
      sides: arrayLiteral(rows.map(({ side }) => side)),
      prices: arrayLiteral(rows.map(({ price }) => price)),
      quantities: arrayLiteral(rows.map(({ quantity }) => quantity)),
    });
    const { changes } = await tx.one(statements.changesSince, { symbol });
    if (changes < SNAPSHOT_EVERY) return;
    const book = await this.#replayed(tx, symbol, rows.at(-1)!.sequence);
    if (book && !book.stale) await this.#insertSnapshot(tx, symbol, book, true);
  }

  /** The book at a sequence; `undefined` where nothing was archived before it. */
  replay(symbol: string, sequence: number): Promise<OrderBook | undefined> {
    return this.#replayed(this.#context.pg, symbol, sequence);
  }

  /** As `replay`; a missing delta is a conflict. */
  async replayWhole(symbol: string, sequence: number): Promise<OrderBook> {
    const book = await this.replay(symbol, sequence);
    if (!book) throw refusal<OrderBookRefusal>('unknown-book', { symbol, sequence });
    if (book.stale) throw refusal<OrderBookRefusal>('sequence-gap', { symbol, sequence: book.sequence });
    return book;
  }

  async #replayed(queries: Queries, symbol: string, sequence: number): Promise<OrderBook | undefined> {
    const snapshot = await queries.maybe(statements.snapshotBefore, { symbol, sequence });
    if (!snapshot) return undefined;
    const deltas = await queries.many(statements.deltasBetween, { symbol, after: snapshot.seq, upTo: sequence });
    const changes: Change[] = [];
    let at = { sequence: snapshot.seq, eventAt: snapshot.event_at };
    let stale = false;
    for (const row of deltas) {
      // The changes of one delta stand in several rows.
      if (row.seq !== at.sequence && row.prev_seq !== at.sequence) {
        stale = true;
        break;
      }
      at = { sequence: row.seq, eventAt: row.event_at };
      changes.push({ side: row.side, price: row.price, quantity: row.qty });
    }
    const level = (prices: readonly string[], quantities: readonly string[]) =>
      prices.map((price, i) => ({ price: price as Decimal, quantity: quantities[i]! as Decimal }));
    const book = applyChanges(
      { bids: level(snapshot.bid_prices, snapshot.bid_qtys), asks: level(snapshot.ask_prices, snapshot.ask_qtys) },
      changes,
    );
    return { symbol, ...at, ...book, stale, checksum: checksumOf(book) };
  }

  async #insertSnapshot(
    tx: Queries,
    symbol: string,
    book: { sequence: number; eventAt: Instant } & Sides,
    derived: boolean,
  ): Promise<void> {
    await tx.run(statements.insertSnapshot, {
      symbol,
      sequence: book.sequence,
      eventAt: book.eventAt,
      bidPrices: arrayLiteral(book.bids.map(({ price }) => price)),
      bidQuantities: arrayLiteral(book.bids.map(({ quantity }) => quantity)),
      askPrices: arrayLiteral(book.asks.map(({ price }) => price)),
      askQuantities: arrayLiteral(book.asks.map(({ quantity }) => quantity)),
      checksum: checksumOf(book),
      derived,
    });
  }
}
