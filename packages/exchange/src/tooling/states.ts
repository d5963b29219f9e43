import type { RecordedState } from '@tse/core/admin';

/** What others cannot tell apart: a request to cancel or replace is between the venue and who asks, and no event tells of it. */
const told = (status: string) =>
  `case when ${status} in ('new', 'partially-filled', 'pending-cancel', 'pending-replace') then 'working' else ${status} end`;

/** A transaction with no customer in it (an adjustment between the house's accounts) is told by no event: it is in no balance of the past. */
export const states: readonly RecordedState[] = [
  {
    object: 'balances',
    sums: ['posted'],
    now: `select account_id, asset, trim_scale(posted) as posted from facts_balances where posted <> 0`,
    at: `select account_id, asset, trim_scale(sum(amount)) as posted
      from (select account_id, asset, amount, max(publish_seq) over (partition by tx_id) as told_by from facts_entries) as e
      where told_by <= (select seq from asked) group by account_id, asset having sum(amount) <> 0`,
  },
  {
    object: 'orders',
    sums: ['qty', 'cum_qty', 'leaves_qty'],
    now: `select id, symbol, account_id, side, trim_scale(qty) as qty, trim_scale(limit_price) as limit_price, trim_scale(cum_qty) as cum_qty,
        trim_scale(leaves_qty) as leaves_qty, ${told('status')} as status
      from facts_orders`,
    at: `select order_id, symbol, account_id, side, trim_scale(qty) as qty, trim_scale(limit_price) as limit_price, trim_scale(cum_qty) as cum_qty,
        trim_scale(leaves_qty) as leaves_qty, ${told('status')} as status
      from (select distinct on (order_id) * from facts_order_events where publish_seq <= (select seq from asked) order by order_id, version desc) as e`,
  },
  {
    object: 'trades',
    sums: ['qty', 'quote_qty'],
    now: trades(''),
    at: trades('where publish_seq <= (select seq from asked)'),
  },
];

function trades(where: string): string {
  return `select id, symbol, trade_seq, trim_scale(price) as price, trim_scale(qty) as qty, trim_scale(quote_qty) as quote_qty,
    trim_scale(maker_fee) as maker_fee, trim_scale(taker_fee) as taker_fee from facts_trades ${where}`;
}
