import { type AdapterContext, type Decimal, type Instant, type Queries, queryBuilder, refusal, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { type BookChange, type BookOrder, hashBook } from './book-fold.ts';
import type { BookSnapshot } from './order-books.ts';

const db = queryBuilder<Tables>();

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
  changes: statement('exchange.orderBooks.changes', 'read', (p: { symbol: string; after: number; to: number; limit: number }) =>
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
      .select(['s.last_seq', 'm.tick_size', 'm.lot_size', 'o.order_id', 'o.side', 'o.limit_price', 'o.leaves_qty', 'o.accept_seq'])
      .select((eb) => eb.selectFrom('epoch').select('epoch').as('epoch'))
      .where('m.symbol', '=', p.symbol)
      .orderBy('o.side')
      .orderBy('o.price_rank')
      .orderBy('o.accept_seq'),
  ),
  markets: statement('exchange.orderBooks.markets', 'read', () => db.selectFrom('market_states').select(['symbol', 'last_seq']).where('status', '<>', 'closed')),
  keepSnapshot: statement('exchange.orderBooks.snapshot', 'write', (p: { symbol: string; seq: number; state: string; sha256: string; at: Instant }) =>
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
    return rows.map((row) => ({
      sequence: row.seq!,
      orderId: row.order_id,
      side: row.side,
      price: row.limit_price ?? ('0' as Decimal),
      // A market order is never in the book.
      quantity: row.limit_price === null ? ('0' as Decimal) : row.leaves_qty,
      acceptSequence: row.accept_seq ?? 0,
    }));
  }

  async book(symbol: string): Promise<MarketHead & { orders: BookOrder[] }> {
    const rows = await this.#pg.many(statements.book, { symbol });
    const [first] = rows;
    if (!first) throw refusal('unknown-market', { symbol });
    const orders = rows.flatMap((row): BookOrder[] =>
      row.order_id === null
        ? []
        : [{ orderId: row.order_id, side: row.side!, price: row.limit_price!, quantity: row.leaves_qty!, acceptSequence: row.accept_seq! }],
    );
    return { epoch: first.epoch!, sequence: first.last_seq, tickSize: first.tick_size, lotSize: first.lot_size, orders };
  }

  markets(): Promise<{ symbol: string; last_seq: number }[]> {
    return this.#pg.many(statements.markets, undefined);
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
    return { symbol, sequence: row.seq, orders: row.state as unknown as BookOrder[], sha256: row.sha256 };
  }
}
