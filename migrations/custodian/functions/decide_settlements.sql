-- Says how many lots of each instruction move now, in the order given, and locks the holdings that they touch. Where every holding covers
-- all that is taken from it, all of it moves at once; otherwise one after the other, each wholly, by lots, or not at all: what one
-- instruction took before a leg of it was found short is given back before the next is looked at.
-- reasons: why nothing, or no more, moves: on-hold | not-due | delayed | account-suspended | account-closed | insufficient-holdings
-- | out-of-range, or the status of what is closed or netted. net_…: what one lot of each instruction moves, by account and asset.
create or replace function decide_settlements(
  p_instructions settlement_instructions[], p_leg_members integer[], p_leg_froms text[], p_leg_tos text[], p_leg_assets text[],
  p_leg_lot_qtys numeric[], p_at timestamptz,
  out reasons text[], out lots integer[], out net_members integer[], out net_accounts text[], out net_assets text[], out net_amounts numeric[],
  out held holdings[]
)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
  v_remaining integer[];
  v_found record;
  v_covered boolean;
  v_keys text[];
  v_free numeric[];
  v_lots integer;
  v_free_here numeric;
  b integer;
begin
  select
    array_agg(case
      when i.status not in ('pending', 'partially-settled', 'failing') then i.status
      when i.on_hold then 'on-hold'
      when i.due_at > p_at then 'not-due'
      when i.delayed_until > p_at then 'delayed'
    end order by i.ordinality),
    array_agg(i.lots - i.settled_lots order by i.ordinality)
  into reasons, v_remaining
  from unnest(p_instructions) with ordinality as i;

  select array_agg(net.member), array_agg(net.account_id), array_agg(net.asset), array_agg(net.amount)
  into net_members, net_accounts, net_assets, net_amounts
  from (
    select side.member, side.account_id, side.asset, sum(side.amount) as amount
    from unnest(p_leg_members, p_leg_froms, p_leg_tos, p_leg_assets, p_leg_lot_qtys) as l (member, from_id, to_id, asset, lot_qty)
    cross join lateral (values (l.member, l.from_id, l.asset, -l.lot_qty), (l.member, l.to_id, l.asset, l.lot_qty)) as side (member, account_id, asset, amount)
    where reasons[l.member] is null
    group by side.member, side.account_id, side.asset having sum(side.amount) <> 0
    order by side.member, side.account_id, side.asset) as net;
  if net_members is null then
    -- Nothing may move, or what may nets out to nothing.
    lots := array(select case when r.reason is null then r.remaining else 0 end from unnest(reasons, v_remaining) with ordinality as r (reason, remaining, n) order by r.n);
    return;
  end if;
  held := array(select h from lock_holdings(net_accounts, net_assets) as h);

  for v_found in
    select n.member, max(a.status) as status from unnest(net_members, net_accounts, net_amounts) as n (member, account_id, amount)
    join custody_accounts as a on a.id = n.account_id and (a.status = 'closed' or a.status = 'suspended' and n.amount < 0)
    group by n.member
  loop
    reasons[v_found.member] := 'account-' || v_found.status;
  end loop;

  select coalesce(bool_and(t.kind = 'external' or coalesce(h.settled - h.reserved, 0) >= t.taken), true)
    and coalesce(bool_and(abs(coalesce(h.settled, 0) + t.added) < 1e20 and abs(coalesce(h.settled, 0) - t.taken) < 1e20), true)
  into v_covered
  from (
    select n.account_id, n.asset, a.kind, coalesce(-sum(n.amount * v_remaining[n.member]) filter (where n.amount < 0), 0) as taken,
      coalesce(sum(n.amount * v_remaining[n.member]) filter (where n.amount > 0), 0) as added
    from unnest(net_members, net_accounts, net_assets, net_amounts) as n (member, account_id, asset, amount)
    join custody_accounts as a on a.id = n.account_id
    where reasons[n.member] is null
    group by n.account_id, n.asset, a.kind) as t
  left join unnest(held) as h on h.account_id = t.account_id and h.asset = t.asset;
  lots := array(select case when r.reason is null then r.remaining else 0 end from unnest(reasons, v_remaining) with ordinality as r (reason, remaining, n) order by r.n);
  if v_covered then
    return;
  end if;

  -- Free holdings as they run; what is not there yet is at zero, and the outside has no floor.
  select array_agg(k.account_id || ' ' || k.asset), array_agg(case when a.kind = 'external' then 1e21 + coalesce(h.settled, 0) else coalesce(h.settled - h.reserved, 0) end)
  into v_keys, v_free
  from (select distinct n.account_id, n.asset from unnest(net_accounts, net_assets) as n (account_id, asset)) as k
  join custody_accounts as a on a.id = k.account_id
  left join unnest(held) as h on h.account_id = k.account_id and h.asset = k.asset;
  for v_found in
    select n.member, array_agg(array_position(v_keys, n.account_id || ' ' || n.asset)) as places, array_agg(n.amount) as amounts
    from unnest(net_members, net_accounts, net_assets, net_amounts) as n (member, account_id, asset, amount)
    where reasons[n.member] is null
    group by n.member order by n.member
  loop
    v_lots := v_remaining[v_found.member];
    for j in 1 .. cardinality(v_found.places) loop
      v_free_here := v_free[v_found.places[j]];
      if v_found.amounts[j] < 0 then
        v_lots := least(v_lots, case when v_free_here <= 0 then 0 else div(v_free_here, -v_found.amounts[j]) end);
      elsif v_free_here < 1e20 and v_free_here + v_found.amounts[j] * v_lots >= 1e20 then
        reasons[v_found.member] := 'out-of-range';
      end if;
    end loop;
    if v_lots < least((p_instructions[v_found.member]).minimum_lots, v_remaining[v_found.member]) then
      v_lots := 0;
    end if;
    if reasons[v_found.member] is null and v_lots < v_remaining[v_found.member] then
      reasons[v_found.member] := 'insufficient-holdings';
    elsif reasons[v_found.member] is not null then
      v_lots := 0;
    end if;
    lots[v_found.member] := v_lots;
    if v_lots > 0 then
      for j in 1 .. cardinality(v_found.places) loop
        b := v_found.places[j];
        v_free[b] := v_free[b] + v_found.amounts[j] * v_lots;
      end loop;
    end if;
  end loop;
end
$$;
