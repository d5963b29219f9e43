-- Moves what decide_settlements decided: one transaction an instruction, its movements the net of its legs by account and asset, its
-- history row and its event `settlement.settled`. The instructions come as they are afterwards, with the version of that event.
create or replace function move_settlements(
  p_instructions settlement_instructions[], p_lots integer[], p_net_members integer[], p_net_accounts text[], p_net_assets text[],
  p_net_amounts numeric[], p_held holdings[], p_leg_members integer[], p_leg_ns integer[], p_leg_kinds text[], p_leg_froms text[],
  p_leg_tos text[], p_leg_assets text[], p_leg_lot_qtys numeric[], p_at timestamptz, p_recorded_at timestamptz,
  p_event_ids text[], p_contexts write_context[]
) returns void
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
  v_accounts text[];
  v_assets text[];
  v_tx_ids text[];
begin
  select array_agg(n.account_id), array_agg(n.asset) into v_accounts, v_assets
  from unnest(p_net_members, p_net_accounts, p_net_assets) as n (member, account_id, asset) where p_lots[n.member] > 0;
  if not exists (select from unnest(p_lots) as l (lots) where l.lots > 0) then
    return;
  end if;
  if exists (
    select from unnest(v_accounts, v_assets) as n (account_id, asset)
    where not exists (select from unnest(p_held) as h where h.account_id = n.account_id and h.asset = n.asset)
  ) then
    perform make_holdings(v_accounts, v_assets, p_held);
  end if;

  v_tx_ids := array(
    select case when p_lots[i.ordinality] > 0 then 'settlement:' || settlement_reference(i.id, i.lots, i.settled_lots) end
    from unnest(p_instructions) with ordinality as i order by i.ordinality);

  -- What changes a holding goes along with its change, so that nothing has to be found again.
  with net as (
    select n.account_id, n.asset, sum(n.amount * p_lots[n.member]) as amount, count(*) as movements,
      array_agg(n.member order by n.member) as members, array_agg(n.amount * p_lots[n.member] order by n.member) as amounts
    from unnest(p_net_members, p_net_accounts, p_net_assets, p_net_amounts) as n (member, account_id, asset, amount)
    where p_lots[n.member] > 0
    group by n.account_id, n.asset
  ),
  changed as (
    update holdings as h set settled = h.settled + net.amount, version = h.version + net.movements, recorded_at = p_recorded_at
    from net where h.account_id = net.account_id and h.asset = net.asset
    returning h.account_id, h.asset, h.settled, h.version, net.members, net.amounts
  ),
  moved as (
    insert into movements (tx_id, n, account_id, asset, amount, holding_after, holding_version, recorded_at)
    select v_tx_ids[m.member], row_number() over (partition by m.member order by h.account_id, h.asset), h.account_id, h.asset, m.amount,
      h.settled - coalesce(sum(m.amount) over later, 0), h.version - count(*) over later, p_recorded_at
    from changed as h cross join lateral unnest(h.members, h.amounts) as m (member, amount)
    window later as (partition by h.account_id, h.asset order by m.member rows between 1 following and unbounded following)
  ),
  settled as (
    select i.ordinality as member, v_tx_ids[i.ordinality] as tx_id, i.id, i.source, i.reference, i.status,
      i.lots, i.settled_lots, i.intended_date, i.version, p_event_ids[i.ordinality] as event_id
    from unnest(p_instructions) with ordinality as i where p_lots[i.ordinality] > 0
  ),
  context as (
    select c.* from unnest(p_contexts) with ordinality as c
  ),
  transaction as (
    insert into movement_transactions (kind, reference, effective_at, actor, source, source_seq, recorded_at)
    select 'settlement', substr(s.tx_id, length('settlement:') + 1), p_at, c.actor, c.source, c.source_seq, p_recorded_at
    from settled as s join context as c on c.ordinality = s.member
  ),
  history as (
    insert into settlement_events (instruction_id, version, type, status, settled_lots, tx_id, actor, occurred_at, recorded_at)
    select s.id, s.version, 'settled', s.status, s.settled_lots, s.tx_id, c.actor, p_at, p_recorded_at
    from settled as s join context as c on c.ordinality = s.member
  ),
  leg as (
    select l.member, jsonb_agg(settlement_leg_json(l.n, l.kind, l.from_id, l.to_id, l.asset, l.lot_qty * p_lots[l.member]) order by l.n) as legs
    from unnest(p_leg_members, p_leg_ns, p_leg_kinds, p_leg_froms, p_leg_tos, p_leg_assets, p_leg_lot_qtys)
      as l (member, n, kind, from_id, to_id, asset, lot_qty)
    where p_lots[l.member] > 0 group by l.member
  )
  insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, recorded_at,
    trace_id, span_id, correlation_id, causation_id, actor, run_id, fence, source, source_seq)
  select s.event_id, 'settlement.settled', 'settlement', s.id, s.version, jsonb_build_object('settlementId', s.id, 'source', s.source,
      'reference', s.reference, 'status', s.status, 'intendedDate', s.intended_date, 'transactionId', s.tx_id, 'lots', s.lots,
      'settledLots', s.settled_lots, 'legs', leg.legs, 'settlementVersion', s.version),
    p_at, p_recorded_at, c.trace_id, c.span_id, c.correlation_id, c.causation_id, c.actor, c.run_id, c.fence, c.source, c.source_seq
  from settled as s join leg on leg.member = s.member join context as c on c.ordinality = s.member
  order by s.member;
end
$$;
