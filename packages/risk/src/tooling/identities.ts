import { type Facts, type Verified, verifyIdentity } from '@tse/core/admin';

const signed = "sum(case side when 'buy' then qty else -qty end)";

const fills = [
  // A position is the sum of its fills, and its cost and the cash of its fills make its result.
  `select case when p.qty is distinct from f.qty or p.fills is distinct from f.fills
        then format('%s %s %s: %s, fills %s', coalesce(p.account_id, f.account_id), coalesce(p.venue, f.venue), coalesce(p.symbol, f.symbol), p.qty, f.qty)
      when p.cost + f.cash <> p.realized
        then format('%s %s %s: realized %s, by its fills %s', p.account_id, p.venue, p.symbol, p.realized, p.cost + f.cash) end as difference
    from facts_positions as p
    full join (
      select account_id, venue, symbol, ${signed} as qty, sum(case side when 'buy' then -qty else qty end * price) as cash, count(*) as fills
      from facts_fills group by account_id, venue, symbol) as f
      on f.account_id = p.account_id and f.venue = p.venue and f.symbol = p.symbol`,
  // What a scope counts is the sum of the fills in it.
  `select case when e.net_qty <> coalesce(f.qty, 0) then format('%s %s: counts %s, fills %s', e.scope, e.symbol, e.net_qty, coalesce(f.qty, 0)) end as difference
    from facts_exposures as e
    left join (
      select x.scope, f.symbol, ${signed} as qty
      from facts_fills as f, unnest(array['firm', 'account:' || f.account_id, 'venue:' || f.venue, 'strategy:' || f.strategy_id]) as x (scope)
      group by x.scope, f.symbol) as f on f.scope = e.scope and f.symbol = e.symbol`,
  // What an account holds is what it moved and traded, fees included.
  `select case when coalesce(h.amount, 0) <> coalesce(s.amount, 0)
      then format('%s holds %s %s, by movements and fills %s', coalesce(h.account_id, s.account_id), h.amount, coalesce(h.asset, s.asset), s.amount) end as difference
    from facts_holdings as h
    full join (
      select account_id, asset, sum(amount) as amount from (
        select account_id, asset, amount from facts_movements
        union all
        select f.account_id, d.asset, d.amount from facts_fills as f, lateral (values
          (split_part(f.symbol, '-', 1), case f.side when 'buy' then f.qty else -f.qty end),
          (split_part(f.symbol, '-', 2), case f.side when 'buy' then -f.qty else f.qty end * f.price),
          (f.fee_asset, -f.fee)) as d (asset, amount) where d.asset is not null) as m
      group by account_id, asset) as s on s.account_id = h.account_id and s.asset = h.asset`,
];

const reservations = [
  // What a scope has reserved is the leaves of the open orders in it.
  `select case when (e.buying, e.selling, e.open_orders) is distinct from (coalesce(r.buying, 0), coalesce(r.selling, 0), coalesce(r.orders, 0))
      then format('%s %s: reserved %s to buy and %s to sell, orders %s and %s', e.scope, e.symbol, e.buying, e.selling, r.buying, r.selling) end as difference
    from facts_exposures as e
    left join (
      select x.scope, r.symbol, sum(case r.side when 'buy' then r.leaves else 0 end) as buying, sum(case r.side when 'sell' then r.leaves else 0 end) as selling,
        count(*) as orders
      from facts_reservations as r, unnest(array['firm', 'account:' || r.account_id, 'venue:' || r.venue, 'strategy:' || r.strategy_id]) as x (scope)
      where r.state <> 'ended' group by x.scope, r.symbol) as r on r.scope = e.scope and r.symbol = e.symbol`,
  // A reservation is of an order that was allowed, under a version of each limit that is there.
  `select case when c.decision is distinct from 'allow' then format('%s is reserved by check %s, which said %s', r.order_id, r.check_id, c.decision) end as difference
    from facts_reservations as r left join facts_checks as c on c.id = r.check_id`,
  `select case when l.limit_id is null then format('check %s cites %s version %s', r.check_id, r.limit_id, r.limit_version)
      when r.outcome = 'exceeded' and c.decision = 'allow' and l.hard is not null then format('check %s was allowed over %s', r.check_id, r.limit_id) end as difference
    from facts_check_results as r join facts_checks as c on c.id = r.check_id
    left join facts_limits as l on l.limit_id = r.limit_id and l.version = r.limit_version`,
];

const breaches = [
  // No breach without its alert, which is open as long as it is.
  `select case when a.id is null then format('breach %s has no alert', b.id)
      when (b.cleared_at is null) <> (a.state <> 'closed') and a.kind = 'breach' and b.cleared_at is null then format('breach %s is open, its alert %s', b.id, a.state)
      when b.observed > b.peak then format('breach %s: %s is above its peak %s', b.id, b.observed, b.peak) end as difference
    from facts_breaches as b left join facts_alerts as a on a.id = b.alert_id`,
  `select case when a.id is null then format('notification %s has no alert', n.id) end as difference
    from facts_notifications as n left join facts_alerts as a on a.id = n.alert_id`,
];

const identities = [
  { name: 'fills', what: 'fills, positions, exposures, holdings', checks: fills },
  { name: 'reservations', what: 'reservations, exposures, checks, limit versions', checks: reservations },
  { name: 'breaches', what: 'breaches, alerts, notifications', checks: breaches },
];

/** Identities within the schema: fills, reservations, breaches. */
export async function verifyRisk(facts: Facts): Promise<Verified[]> {
  const found: Verified[] = [];
  for (const identity of identities) found.push(await verifyIdentity(facts, identity));
  return found;
}
