import { randomUUID } from 'node:crypto';
import { type Decimal, decimal } from '@tse/core';
import type { Match } from '@tse/exchange';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Tables } from '../../exchange/src/schema.ts';
import type { Stage } from './stage.ts';

/** int8 as the generated types have it. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === 20 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** The same settlement as a stock Kysely transaction would write it: lock, read, decide in JavaScript, write, statement by statement. */
export function settleByKysely(postgres: Stage['postgres']) {
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ ...postgres, max: 10, types }) }),
  });

  const settle = ({ tradeId, symbol, makerOrderId, takerOrderId, price, quantity }: Match) =>
    db.transaction().execute(async (tx) => {
      const at = sql<never>`clock_timestamp()`;
      const state = await tx
        .selectFrom('market_states')
        .selectAll()
        .where('symbol', '=', symbol)
        .forNoKeyUpdate()
        .executeTakeFirstOrThrow();
      const market = await tx.selectFrom('markets').selectAll().where('symbol', '=', symbol).executeTakeFirstOrThrow();
      const orders = await tx
        .selectFrom('orders')
        .selectAll()
        .where('id', 'in', [makerOrderId, takerOrderId])
        .orderBy('id')
        .forNoKeyUpdate()
        .execute();
      const holds = await tx
        .selectFrom('holds')
        .selectAll()
        .where('id', 'in', [`in-order:${makerOrderId}`, `in-order:${takerOrderId}`])
        .execute();
      const balances = await tx
        .selectFrom('balances')
        .selectAll()
        .where(
          'account_id',
          'in',
          orders.map(({ account_id }) => account_id),
        )
        .where('asset', 'in', [market.base, market.quote])
        .orderBy('account_id')
        .orderBy('asset')
        .forNoKeyUpdate()
        .execute();
      const value = decimal.times(price, quantity);
      const tradeSeq = state.last_trade_seq + 1;
      const eventId = randomUUID();
      const [maker, taker] = [makerOrderId, takerOrderId].map((id) => orders.find((order) => order.id === id)!) as [
        (typeof orders)[number],
        (typeof orders)[number],
      ];
      const feeOf = (rate: string) => decimal.round(decimal.times(value, rate), market.quote_scale, 'down');
      const fees = { maker: feeOf(maker.maker_rate), taker: feeOf(taker.taker_rate) };
      await tx
        .insertInto('trades')
        .values({
          id: tradeId,
          symbol,
          trade_seq: tradeSeq,
          maker_order_id: maker.id,
          taker_order_id: taker.id,
          maker_account_id: maker.account_id,
          taker_account_id: taker.account_id,
          taker_side: taker.side,
          price: price as Decimal,
          qty: quantity as Decimal,
          quote_qty: value,
          maker_fee: fees.maker,
          taker_fee: fees.taker,
          fee_asset: market.quote,
          event_id: eventId,
          matched_at: at,
          recorded_at: at,
        })
        .execute();
      await tx
        .insertInto('journal_transactions')
        .values({ kind: 'trade', reference: tradeId, effective_at: at, recorded_at: at })
        .execute();
      let line = 0;
      for (const [order, fee, side] of [
        [maker, fees.maker, 1],
        [taker, fees.taker, 2],
      ] as const) {
        const buys = order.side === 'buy';
        const paid = buys ? decimal.plus(value, fee) : (quantity as Decimal);
        const received = buys ? (quantity as Decimal) : decimal.minus(value, fee);
        const version = order.version + 1;
        const cum = decimal.plus(order.cum_qty, quantity);
        await tx
          .updateTable('orders')
          .set({
            cum_qty: cum,
            leaves_qty: decimal.minus(order.leaves_qty, quantity),
            cum_quote: decimal.plus(order.cum_quote, value),
            status: 'partially-filled',
            prev_status: order.status,
            version,
          })
          .where('id', '=', order.id)
          .where('version', '=', order.version)
          .execute();
        const hold = holds.find(({ reference }) => reference === order.id)!;
        await tx
          .updateTable('holds')
          .set({ captured: decimal.plus(hold.captured, paid), version: hold.version + 1 })
          .where('id', '=', hold.id)
          .execute();
        for (const [asset, amount, unheld] of [
          [buys ? market.quote : market.base, decimal.negate(paid), paid],
          [buys ? market.base : market.quote, received, '0'],
        ] as const) {
          const balance = balances.find((each) => each.account_id === order.account_id && each.asset === asset)!;
          const posted = decimal.plus(balance.posted, amount);
          const next = balance.version + 1;
          await tx
            .updateTable('balances')
            .set({ posted, held: decimal.minus(balance.held, unheld), version: next })
            .where('account_id', '=', order.account_id)
            .where('asset', '=', asset)
            .execute();
          line += 1;
          await tx
            .insertInto('entries')
            .values({
              tx_id: `trade:${tradeId}`,
              n: line,
              account_id: order.account_id,
              asset,
              amount,
              balance_after: posted,
              balance_version: next,
              recorded_at: at,
            })
            .execute();
        }
        await tx
          .insertInto('order_events')
          .values({
            order_id: order.id,
            version,
            type: 'filled',
            symbol,
            seq: state.last_seq + side,
            account_id: order.account_id,
            side: order.side,
            qty: order.qty,
            limit_price: order.limit_price,
            cum_qty: cum,
            leaves_qty: decimal.minus(order.leaves_qty, quantity),
            prev_status: order.status,
            status: 'partially-filled',
            accept_seq: order.accept_seq,
            trade_id: tradeId,
            occurred_at: at,
            recorded_at: at,
          })
          .execute();
      }
      const fee = decimal.plus(fees.maker, fees.taker);
      await tx
        .insertInto('entries')
        .values({
          tx_id: `trade:${tradeId}`,
          n: 5,
          account_id: market.fee_account_id,
          asset: market.quote,
          amount: fee,
          recorded_at: at,
        })
        .execute();
      await tx
        .insertInto('balance_deltas')
        .values({ account_id: market.fee_account_id, asset: market.quote, amount: fee })
        .execute();
      await tx
        .updateTable('market_states')
        .set({ last_seq: state.last_seq + 2, last_trade_seq: tradeSeq, last_price: price as Decimal })
        .where('symbol', '=', symbol)
        .execute();
      await tx
        .insertInto('outbox')
        .values({
          event_id: eventId,
          type: 'trade.settled',
          aggregate: 'trade',
          aggregate_id: symbol,
          aggregate_version: tradeSeq,
          payload: JSON.stringify({ tradeId, symbol, price, quantity }),
          occurred_at: at,
        })
        .execute();
    });

  return { settle, close: () => db.destroy() };
}
