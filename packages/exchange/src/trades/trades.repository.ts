import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  idInput,
  listing,
  operation,
  queryBuilder,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { scopeOf } from '../accounts/account-ref.ts';
import type { Tables } from '../schema.ts';
import {
  type ListTradesOfAccount,
  type ListTradesOfMarket,
  type Trade,
  type Trades,
  listTradesOfAccount,
  listTradesOfMarket,
} from './trades.ts';

const db = queryBuilder<Tables>();

const columns = [
  'id',
  'symbol',
  'trade_seq',
  'maker_order_id',
  'taker_order_id',
  'maker_account_id',
  'taker_account_id',
  'taker_side',
  'price',
  'qty',
  'quote_qty',
  'maker_fee',
  'taker_fee',
  'fee_asset',
  'matched_at',
  'recorded_at',
] as const;

const statements = {
  find: statement('exchange.trades.find', 'read', (p: { id: string }) =>
    db.selectFrom('trades').select(columns).where('id', '=', p.id),
  ),
  // No trade is found by its orders but through what happened to them: an index less on the hottest table.
  ofOrder: statement('exchange.trades.listOfOrder', 'read', (p: { orderId: string }) =>
    db
      .selectFrom('trades')
      .select(columns)
      .where(
        sql<boolean>`id = any (array(select e.trade_id from order_events as e where e.order_id = ${p.orderId} and e.trade_id is not null))`,
      )
      .orderBy('trade_seq'),
  ),
};

const operations = {
  find: operation('exchange.trades.find', z.strictObject({ tradeId: idInput })),
  listOfMarket: operation('exchange.trades.listOfMarket', listTradesOfMarket),
  listOfAccount: operation('exchange.trades.listOfAccount', listTradesOfAccount),
  listOfOrder: operation('exchange.trades.listOfOrder', z.strictObject({ orderId: idInput })),
};

export class TradeRepository implements Trades {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  find(tradeId: string, options?: CallOptions): Promise<Trade | undefined> {
    return this.#context.run(operations.find, { tradeId }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.find, { id: input.tradeId });
      return row && toTrade(row);
    });
  }

  listOfMarket(input: ListTradesOfMarket, options?: CallOptions): Listing<Trade> {
    return listing(input, (page) =>
      this.#context.run(
        operations.listOfMarket,
        page,
        options,
        async ({ symbol, from, to, sort, cursor: after, limit }) => {
          const oldest = sort === 'oldest';
          let query = db
            .selectFrom('trades')
            .select(columns)
            .where('symbol', '=', symbol)
            .orderBy('trade_seq', oldest ? 'asc' : 'desc')
            .limit(limit + 1);
          if (from !== undefined) query = query.where('matched_at', '>=', from);
          if (to !== undefined) query = query.where('matched_at', '<', to);
          if (after) query = query.where('trade_seq', oldest ? '>' : '<', after[0]);
          const rows = await this.#context.pg.query('exchange.trades.listOfMarket', 'replica', query);
          return toPage(rows.map(toTrade), limit, (trade) => [trade.sequence]);
        },
      ),
    );
  }

  listOfAccount(input: ListTradesOfAccount, options?: CallOptions): Listing<Trade> {
    return listing(input, (page) =>
      this.#context.run(operations.listOfAccount, page, options, async (given) => {
        const { accountId, symbol, side, from, to, cursor: after, limit } = given;
        // Either side has its index; a trade of an account with itself is found on both.
        const ofSide = (role: 'maker' | 'taker') => {
          let query = db
            .selectFrom('trades')
            .select(columns)
            .where(`${role}_account_id`, '=', accountId)
            .where((eb) =>
              eb.exists(
                eb
                  .selectFrom('accounts')
                  .select('id')
                  .where('id', '=', accountId)
                  .where('scope_id', '=', scopeOf(given)),
              ),
            )
            .orderBy('matched_at')
            .orderBy('id')
            .limit(limit + 1);
          if (symbol !== undefined) query = query.where('symbol', '=', symbol);
          if (side !== undefined) query = query.where('taker_side', role === 'taker' ? '=' : '<>', side);
          if (from !== undefined) query = query.where('matched_at', '>=', from);
          if (to !== undefined) query = query.where('matched_at', '<', to);
          if (after) query = query.where(sql<boolean>`(matched_at, id) > (${after[0]}::timestamptz, ${after[1]})`);
          return db.selectFrom(query.as('t')).selectAll();
        };
        const query = db
          .selectFrom(ofSide('maker').union(ofSide('taker')).as('either'))
          .selectAll()
          .orderBy('matched_at')
          .orderBy('id')
          .limit(limit + 1);
        const rows = await this.#context.pg.query('exchange.trades.listOfAccount', 'replica', query);
        return toPage(rows.map(toTrade), limit, (trade) => [trade.matchedAt, trade.id]);
      }),
    );
  }

  listOfOrder(orderId: string, options?: CallOptions): Promise<Trade[]> {
    return this.#context.run(operations.listOfOrder, { orderId }, options, async (input) =>
      (await this.#context.pg.many(statements.ofOrder, { orderId: input.orderId })).map(toTrade),
    );
  }
}

const toTrade = (row: NonNullable<(typeof statements.find)['row']>): Trade => {
  const makerSide = row.taker_side === 'buy' ? 'sell' : 'buy';
  return {
    id: row.id,
    symbol: row.symbol,
    sequence: row.trade_seq,
    price: row.price,
    quantity: row.qty,
    quoteQuantity: row.quote_qty,
    maker: { orderId: row.maker_order_id, accountId: row.maker_account_id, side: makerSide, fee: row.maker_fee },
    taker: { orderId: row.taker_order_id, accountId: row.taker_account_id, side: row.taker_side, fee: row.taker_fee },
    feeAsset: row.fee_asset,
    matchedAt: row.matched_at,
    recordedAt: row.recorded_at,
  };
};
