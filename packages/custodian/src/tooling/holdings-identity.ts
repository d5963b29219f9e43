import { type Facts, type Verified, verifyIdentity } from '@tse/core/admin';

const checks = [
  // Every transaction sums to zero for each asset, so all of them do.
  `select case when sum(amount) <> 0 then format('transaction %s: %s of %s too much', tx_id, sum(amount), asset) end as difference
    from facts_movements group by tx_id, asset`,
  // What is settled is the sum of the movements and what the last of them left.
  `select case
        when coalesce(h.settled, 0) <> coalesce(m.total, 0) then
          format('%s %s: settled %s, movements %s', coalesce(h.account_id, m.account_id), coalesce(h.asset, m.asset), h.settled, m.total)
        when h.settled <> m.last then format('%s %s: settled %s, last movement %s', h.account_id, h.asset, h.settled, m.last)
      end as difference
    from facts_holdings as h
    full join (
      select account_id, asset, sum(amount) as total, (array_agg(holding_after order by holding_version desc))[1] as last
      from facts_movements group by account_id, asset) as m on m.account_id = h.account_id and m.asset = h.asset`,
  // What is reserved is what the open reservations have left.
  `select case when h.reserved <> coalesce(r.remaining, 0) then
        format('%s %s: reserved %s, reservations %s', h.account_id, h.asset, h.reserved, coalesce(r.remaining, 0)) end as difference
    from facts_holdings as h
    left join (
      select account_id, asset, sum(amount - used - released) as remaining from facts_reservations where state = 'open' group by account_id, asset) as r
      on r.account_id = h.account_id and r.asset = h.asset`,
  // Only who holds for himself has a holding: nothing lies in the common balance of an omnibus account.
  `select case when a.kind in ('master', 'omnibus') then format('%s %s: a holding of a %s account', h.account_id, h.asset, a.kind) end as difference
    from facts_holdings as h join facts_accounts as a on a.id = h.account_id`,
];

/** Identity "holdings": assets are where the movements say they are, to the last digit. */
export const verifyHoldings = (facts: Facts): Promise<Verified> =>
  verifyIdentity(facts, { name: 'holdings', what: 'movements, holdings, reservations', checks });
