import { type Facts, type Verified, verifyIdentity } from '@tse/core/admin';

const checks = [
  // What the legs say has settled is what was moved for the instruction, by account and asset.
  `select case when l.amount is distinct from m.amount then
        format('%s, %s %s: legs %s, movements %s', coalesce(l.id, m.id), coalesce(l.account_id, m.account_id), coalesce(l.asset, m.asset),
          coalesce(l.amount, 0), coalesce(m.amount, 0)) end as difference
    from (
      select l.instruction_id as id, side.account_id, side.asset, sum(side.amount) as amount
      from facts_settlement_legs as l join facts_settlements as s on s.id = l.instruction_id and s.netting_batch_id is null
      cross join lateral (values (l.from_account_id, l.asset, -l.settled_qty), (l.to_account_id, l.asset, l.settled_qty)) as side (account_id, asset, amount)
      group by l.instruction_id, side.account_id, side.asset having sum(side.amount) <> 0) as l
    full join (
      select s.instruction_id as id, m.account_id, m.asset, sum(m.amount) as amount
      from facts_movements as m join facts_settlement_events as s on s.tx_id = m.tx_id where m.kind = 'settlement'
      group by 1, 2, 3) as m on m.id = l.id and m.account_id = l.account_id and m.asset = l.asset`,
  // The last of its history is what an instruction is, and something settled once for each event that says so.
  `select case when e.status is distinct from s.status or e.version is distinct from s.version or e.settled_lots is distinct from s.settled_lots then
        format('%s: is %s (%s lots), its history says %s (%s lots)', s.id, s.status, s.settled_lots, e.status, e.settled_lots) end as difference
    from facts_settlements as s
    left join lateral (
      select e.status, e.version, e.settled_lots from facts_settlement_events as e where e.instruction_id = s.id order by e.version desc limit 1) as e on true`,
  // What is failing has one open fail, and nothing else has one.
  `select case when (s.status = 'failing') <> (f.open = 1) and s.status <> 'netted' then format('%s: %s with %s open fails', s.id, s.status, f.open) end as difference
    from facts_settlements as s
    cross join lateral (
      select count(*) as open from facts_settlement_fails as f where f.instruction_id = s.id and f.ended_at is null) as f
    where s.status = 'failing' or f.open > 0`,
  // The obligations of a batch sum to zero, and are the sum of its instructions' legs.
  `select case when o.amount is distinct from l.amount then
        format('batch %s, %s %s: obligation %s, legs %s', coalesce(o.batch_id, l.batch_id), coalesce(o.account_id, l.account_id),
          coalesce(o.asset, l.asset), coalesce(o.amount, 0), coalesce(l.amount, 0)) end as difference
    from (select o.* from facts_net_obligations as o join facts_netting_batches as b on b.id = o.batch_id and b.status <> 'cancelled') as o
    full join (
      select s.netting_batch_id as batch_id, side.account_id, side.asset, sum(side.amount) as amount
      from facts_settlements as s join facts_settlement_legs as l on l.instruction_id = s.id
      cross join lateral (values (l.from_account_id, l.asset, -l.qty), (l.to_account_id, l.asset, l.qty)) as side (account_id, asset, amount)
      where s.netting_batch_id is not null
      group by 1, 2, 3 having sum(side.amount) <> 0) as l
      on l.batch_id = o.batch_id and l.account_id = o.account_id and l.asset = o.asset`,
];

/** Identity "settlements": what settled is what moved, once. */
export const verifySettlements = (facts: Facts): Promise<Verified> =>
  verifyIdentity(facts, { name: 'settlements', what: 'legs, movements, histories, fails, net obligations', checks });
