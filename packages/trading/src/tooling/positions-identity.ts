import { type Facts, type Verified, verifyIdentity } from '@tse/core/admin';

const signed = `sum(case side when 'buy' then qty else -qty end - case when fee_asset = split_part(symbol, '-', 1) then fee else 0 end)`;

const checks = [
  // What is held of a market is what its fills bought less what they sold, and less what fees took.
  `select case when coalesce(p.qty, 0) <> f.qty then
      format('%s %s on %s: positions %s, fills %s', f.deployment_id, f.symbol, f.venue, coalesce(p.qty, 0), f.qty) end as difference
    from (select deployment_id, account_id, venue, symbol, ${signed} as qty from facts_fills group by 1, 2, 3, 4) as f
    left join (select deployment_id, account_id, venue, symbol, sum(qty) as qty from facts_positions group by 1, 2, 3, 4) as p
      using (deployment_id, account_id, venue, symbol)`,
  // A position is its open lots, in quantity and in cost.
  `select case when abs(p.qty) <> coalesce(l.remaining, 0) or abs(p.cost) <> coalesce(l.cost, 0) then
      format('position %s: quantity %s and cost %s, lots %s and %s', p.id, p.qty, p.cost, coalesce(l.remaining, 0), coalesce(l.cost, 0)) end as difference
    from facts_positions as p
    left join (select position_id, sum(remaining) as remaining, sum(remaining * price) as cost from facts_lots group by position_id) as l
      on l.position_id = p.id`,
  // What a position realized is what the matches of its lots made, and what left its lots is what they took.
  `select case when p.realized <> coalesce(m.pnl, 0) or p.close_qty <> coalesce(m.qty, 0) then
      format('position %s: realized %s of %s, matches %s of %s', p.id, p.realized, p.close_qty, coalesce(m.pnl, 0), coalesce(m.qty, 0)) end as difference
    from facts_positions as p
    left join (select position_id, sum(pnl) as pnl, sum(qty) as qty from facts_lot_matches group by position_id) as m on m.position_id = p.id`,
  `select case when p.adjustments <> coalesce(a.amount, 0) then format('position %s: adjustments %s, rows %s', p.id, p.adjustments, coalesce(a.amount, 0)) end as difference
    from facts_positions as p
    left join (select position_id, sum(amount) as amount from facts_position_adjustments group by position_id) as a on a.position_id = p.id`,
  // What an order was filled is the sum of its fills, and no more than it asked for.
  `select case when o.filled_qty <> coalesce(f.qty, 0) or o.filled_quote <> coalesce(f.quote, 0) or o.filled_qty > o.qty then
      format('order %s: filled %s of %s, fills %s', o.id, o.filled_qty, o.qty, coalesce(f.qty, 0)) end as difference
    from facts_orders as o
    left join (select order_id, sum(qty) as qty, sum(quote_qty) as quote from facts_fills group by order_id) as f on f.order_id = o.id`,
];

const what = 'fills, positions, lots, orders';

/** Identity "positions" within the adapter: what is held, and what was made of it, is what the fills say, to the last digit. */
export const verifyPositions = (facts: Facts): Promise<Verified> =>
  verifyIdentity(facts, { name: 'positions', what, checks });
