import { type Facts, type Verified, verifyIdentity } from '@tse/core/admin';

const checks = [
  // Every transaction sums to zero for each asset, so all of them do.
  `select case when sum(amount) <> 0 then format('transaction %s: %s of %s too much', tx_id, sum(amount), asset) end as difference
    from facts_entries group by tx_id, asset`,
  // What is posted is the sum of the entries and, where one is run, the balance after the last of them.
  `select case
        when coalesce(b.posted, 0) <> coalesce(e.total, 0) then
          format('%s %s: posted %s, entries %s', coalesce(b.account_id, e.account_id), coalesce(b.asset, e.asset), b.posted, e.total)
        when b.posted <> e.last then format('%s %s: posted %s, last entry %s', b.account_id, b.asset, b.posted, e.last)
      end as difference
    from facts_balances as b
    full join (
      select account_id, asset, sum(amount) as total, (array_agg(balance_after order by balance_version desc nulls last))[1] as last
      from facts_entries group by account_id, asset) as e on e.account_id = b.account_id and e.asset = b.asset`,
  // What is held is what the open holds have left.
  `select case when b.held <> coalesce(h.remaining, 0) then format('%s %s: held %s, holds %s', b.account_id, b.asset, b.held, coalesce(h.remaining, 0)) end as difference
    from facts_balances as b
    left join (
      select account_id, asset, sum(amount - captured - released) as remaining from facts_holds where state = 'open' group by account_id, asset) as h
      on h.account_id = b.account_id and h.asset = b.asset`,
  // The hold of a working order covers what is left of it at its limit with the taker fee, or its budget.
  `select case when h.id is null or h.amount - h.captured - h.released < case
        when o.side = 'sell' then o.leaves_qty
        when o.type = 'limit' then o.leaves_qty * o.limit_price * (1 + o.taker_rate)
        else (o.quote_budget - o.cum_quote) * (1 + o.taker_rate) end
      then format('order %s: its hold has %s left', o.id, h.amount - h.captured - h.released) end as difference
    from facts_orders as o left join facts_holds as h on h.kind = 'in-order' and h.reference = o.id
    where o.closed_at is null`,
];

const what = 'entries, balances, holds, working orders';

/** Identity "ledger": money is where the journal says it is, to the last digit. */
export const verifyLedger = (facts: Facts): Promise<Verified> =>
  verifyIdentity(facts, { name: 'ledger', what, checks });
