import { type Facts, type Verified, verifyIdentity } from '@tse/core/admin';

const checks = [
  // Funds follow the status: reserved while it is open, used by what completed, given back by everything else.
  `select case when t.kind <> 'deposit' and r.state is distinct from case
        when t.closed_at is null then 'open' when t.status = 'completed' then 'used' else 'released' end
      then format('transfer %s: %s, its reservation %s', t.id, t.status, coalesce(r.state, 'missing')) end as difference
    from facts_transfers as t left join facts_reservations as r on r.kind = 'transfer' and r.reference = t.id`,
  // What completed has moved, once, and nothing else has.
  `select case when coalesce(m.amount, 0) <> case t.status when 'completed' then t.amount else 0 end
      then format('transfer %s: %s, moved %s', t.id, t.status, coalesce(m.amount, 0)) end as difference
    from facts_transfers as t
    left join (
      select reference, sum(amount) filter (where amount > 0) as amount from facts_movements where kind = 'transfer' group by reference) as m
      on m.reference = t.id`,
  // Its history ends where it is.
  `select case when e.version is null or e.status <> t.status then format('transfer %s: %s, its history %s', t.id, t.status, e.status) end as difference
    from facts_transfers as t left join facts_transfer_events as e on e.transfer_id = t.id and e.version = t.version`,
  // What was used of a limit is given back exactly by what gives its funds back.
  `select case when (u.returned_at is not null) <> (t.closed_at is not null and t.status <> 'completed')
      then format('transfer %s: %s, of limit %s %s', t.id, t.status, u.rule_id, case when u.returned_at is null then 'kept' else 'returned' end) end as difference
    from facts_policy_usage as u join facts_transfers as t on t.id = u.transfer_id`,
  // Each nonce below the next one was executed, once.
  `select case when count(m.id) <> w.next_nonce or max(m.nonce) is distinct from nullif(w.next_nonce, 0) - 1
      then format('wallet %s: next nonce %s, executed %s', w.id, w.next_nonce, count(m.id)) end as difference
    from facts_wallets as w left join facts_multisig_transactions as m on m.wallet_id = w.id and m.status = 'executed'
    group by w.id, w.next_nonce`,
];

/** Identity "transfers": what every transfer says of itself is what its funds, its limits and its history say. */
export const verifyTransfers = (facts: Facts): Promise<Verified> =>
  verifyIdentity(facts, { name: 'transfers', what: 'transfers, reservations, movements, limits, wallets', checks });
