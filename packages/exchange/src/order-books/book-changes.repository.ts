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
import { type BookChange, type BookOrder, hashBook } from './book-fold.ts';
import type { BookSnapshot } from './order-books.ts';

const db = queryBuilder<Tables>();

/** A market that has gone on. */
export interface Behind {
  symbol: string;
  head: MarketHead;
  changes: BookChange[];
}

/** Where a market stands in the tables. */
export interface MarketHead {
  epoch: string;
  sequence: number;
  tickSize: Decimal;
  lotSize: Decimal;
}

const statements = {
  head: statement('exchange.orderBooks.head', 'read', (p: { symbol: string }) =>
    db
      .selectFrom('markets as m')
      .innerJoin('market_states as s', 's.symbol', 'm.symbol')
      .select(['s.last_seq', 'm.tick_size', 'm.lot_size'])
      .select((eb) => eb.selectFrom('epoch').select('epoch').as('epoch'))
      .where('m.symbol', '=', p.symbol),
  ),
  changes: statement(
    'exchange.orderBooks.changes',
    'read',
    (p: { symbol: string; after: number; to: number; limit: number }) =>
      db
        .selectFrom('order_events')
        .select(['seq', 'order_id', 'side', 'limit_price', 'leaves_qty', 'accept_seq'])
        .where('symbol', '=', p.symbol)
        .where('seq', '>', p.after)
        .where('seq', '<=', p.to)
        .orderBy('seq')
        .limit(p.limit),
  ),
  // The market's row stands beside each of its orders, and alone where it has none: one statement, one moment.
  book: statement('exchange.orderBooks.book', 'read', (p: { symbol: string }) =>
    db
      .selectFrom('markets as m')
      .innerJoin('market_states as s', 's.symbol', 'm.symbol')
      .leftJoin('book_orders as o', 'o.symbol', 'm.symbol')
      .select([
        's.last_seq',
        'm.tick_size',
        'm.lot_size',
        'o.order_id',
        'o.side',
        'o.limit_price',
        'o.leaves_qty',
        'o.accept_seq',
      ])
      .select((eb) => eb.selectFrom('epoch').select('epoch').as('epoch'))
      .where('m.symbol', '=', p.symbol)
      .orderBy('o.side')
      .orderBy('o.price_rank')
      .orderBy('o.accept_seq'),
  ),
  // The markets that are not where a reader has come to, each with what followed: alone where the reader is new to it.
  behind: statement('exchange.orderBooks.behind', 'read', (p: { symbols: string; reached: string; limit: number }) => ({
    compile: () =>
      sql<BehindRow>`
        select s.symbol, s.last_seq, m.tick_size, m.lot_size, (select epoch from epoch) as epoch,
          e.seq, e.order_id, e.side, e.limit_price, e.leaves_qty, e.accept_seq
        from market_states as s
        join markets as m on m.symbol = s.symbol
        left join unnest(${p.symbols}::text[], ${p.reached}::bigint[]) as k (symbol, seq) on k.symbol = s.symbol
        left join lateral (
          select o.seq, o.order_id, o.side, o.limit_price, o.leaves_qty, o.accept_seq from order_events as o
          where o.symbol = s.symbol and o.seq > k.seq order by o.seq limit ${p.limit}) as e on true
        where s.last_seq is distinct from k.seq
        order by s.symbol, e.seq`.compile(db),
  })),
  symbols: statement('exchange.orderBooks.symbols', 'read', () =>
    db.selectFrom('markets').select('symbol').orderBy('symbol'),
  ),
  keepSnapshot: statement(
    'exchange.orderBooks.snapshot',
    'write',
    (p: { symbol: string; seq: number; state: string; sha256: string; at: Instant }) =>
      db
        .insertInto('book_snapshots')
        .values({ symbol: p.symbol, seq: p.seq, state: sql`${p.state}`, sha256: p.sha256, taken_at: p.at })
        .onConflict((conflict) => conflict.columns(['symbol', 'seq']).doNothing()),
  ),
  lastSnapshot: statement('exchange.orderBooks.lastSnapshot', 'read', (p: { symbol: string; seq: number }) =>
    db
      .selectFrom('book_snapshots')
      .select(['seq', 'state', 'sha256'])
      .where('symbol', '=', p.symbol)
      .where('seq', '<=', p.seq)
      .orderBy('seq', 'desc')
      .limit(1),
  ),
};

/** The order books as the tables have them: changes in their sequence, whole books, snapshots. */
export class BookChangeRepository {
  readonly #context: AdapterContext;
  readonly #pg: Queries;

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#pg = context.pg;
  }

  async head(symbol: string): Promise<MarketHead> {
    const row = await this.#pg.maybe(statements.head, { symbol });
    if (!row) throw refusal('unknown-market', { symbol });
    return { epoch: row.epoch!, sequence: row.last_seq, tickSize: row.tick_size, lotSize: row.lot_size };
  }

  /** At most `limit` changes after one and up to another, as they were recorded: a gap in them is for the reader to see. */
  async changes(symbol: string, after: number, to: number, limit: number): Promise<BookChange[]> {
    const rows = await this.#pg.many(statements.changes, { symbol, after, to, limit });
    return rows.map(toChange);
  }

  async book(symbol: string): Promise<MarketHead & { orders: BookOrder[] }> {
    const rows = await this.#pg.many(statements.book, { symbol });
    const [first] = rows;
    if (!first) throw refusal('unknown-market', { symbol });
    const orders = rows.flatMap((row): BookOrder[] =>
      row.order_id === null
        ? []
        : [
            {
              orderId: row.order_id,
              side: row.side!,
              price: row.limit_price!,
              quantity: row.leaves_qty!,
              acceptSequence: row.accept_seq!,
            },
          ],
    );
    return {
      epoch: first.epoch!,
      sequence: first.last_seq,
      tickSize: first.tick_size,
      lotSize: first.lot_size,
      orders,
    };
  }

  /** Every market that is not where it was said to have come to, with at most `limit` of the changes since. */
  async behind(reached: ReadonlyMap<string, number>, limit: number): Promise<Behind[]> {
    const rows = await this.#pg.many(statements.behind, {
      symbols: arrayLiteral([...reached.keys()]),
      reached: arrayLiteral([...reached.values()]),
      limit,
    });
    return [...Map.groupBy(rows, ({ symbol }) => symbol)].map(([symbol, ofMarket]) => {
      const { epoch, last_seq, tick_size, lot_size } = ofMarket[0]!;
      const head = { epoch, sequence: last_seq, tickSize: tick_size, lotSize: lot_size };
      return { symbol, head, changes: ofMarket.flatMap((row) => (row.seq === null ? [] : [toChange(row)])) };
    });
  }

  async symbols(): Promise<string[]> {
    return (await this.#pg.many(statements.symbols, undefined)).map(({ symbol }) => symbol);
  }

  async keepSnapshot(snapshot: BookSnapshot): Promise<Instant> {
    const at = this.#context.clock.now();
    const { symbol, sequence, orders, sha256 } = snapshot;
    await this.#pg.run(statements.keepSnapshot, { symbol, seq: sequence, state: JSON.stringify(orders), sha256, at });
    return at;
  }

  /** The last snapshot at or before a change; the empty book before all of them. */
  async lastSnapshot(symbol: string, sequence: number): Promise<BookSnapshot> {
    const row = await this.#pg.maybe(statements.lastSnapshot, { symbol, seq: sequence });
    if (!row) return { symbol, sequence: 0, orders: [], sha256: hashBook([]) };
    return { symbol, sequence: row.seq, orders: row.state as BookOrder[], sha256: row.sha256 };
  }
}

interface ChangeRow {
  seq: number | null;
  order_id: string | null;
  side: BookOrder['side'] | null;
  limit_price: Decimal | null;
  leaves_qty: Decimal | null;
  accept_seq: number | null;
}

interface BehindRow extends ChangeRow {
  symbol: string;
  last_seq: number;
  tick_size: Decimal;
  lot_size: Decimal;
  epoch: string;
}

const NOTHING = '0' as Decimal;

const toChange = (row: ChangeRow): BookChange => ({
  sequence: row.seq!,
  orderId: row.order_id!,
  side: row.side!,
  price: row.limit_price ?? NOTHING,
  // A market order is never in the book.
  quantity: row.limit_price === null ? NOTHING : row.leaves_qty!,
  acceptSequence: row.accept_seq ?? 0,
});
