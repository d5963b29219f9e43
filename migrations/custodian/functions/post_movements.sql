-- One balanced transaction. Debits need free holdings; with a reservation, what the transaction takes from the reservation's holding is
-- used out of it instead, and the rest of the reservation goes back. Locks the reservation, then the holdings.
-- p_request_hash null: the caller has a row of its own that a repeat is compared with, and locked it.
-- ok | same | id-conflict | unknown-account | not-a-holder | account-closed | account-suspended | unbalanced | zero-amount
-- | unknown-reservation | reservation-closed | reservation-exceeded | insufficient-holdings | out-of-range
create or replace function post_movements(
  p_kind text, p_reference text, p_account_ids text[], p_assets text[], p_amounts numeric[], p_reservation_id text, p_reason text,
  p_request_hash text, p_at timestamptz, p_context write_context
) returns text
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
declare
  v_id constant text := p_kind || ':' || p_reference;
  v_hash text;
  v_reservation reservations;
  v_used numeric := 0;
  v_holdings holdings[];
  v_now timestamptz;
  v_outcome text;
begin
  select request_hash into v_hash from movement_transactions where id = v_id;
  if found then
    return case when v_hash is not distinct from p_request_hash then 'same' else 'id-conflict' end;
  end if;
  if p_reservation_id is not null then
    select * into v_reservation from reservations where id = p_reservation_id for no key update;
    v_used := coalesce((select -sum(i.amount) from unnest(p_account_ids, p_assets, p_amounts) as i (account_id, asset, amount)
      where i.account_id = v_reservation.account_id and i.asset = v_reservation.asset), 0);
  end if;
  select case
    when bool_or(a.id is null) then 'unknown-account'
    when bool_or(a.kind in ('master', 'omnibus')) then 'not-a-holder'
    when bool_or(a.status = 'closed') then 'account-closed'
    when bool_or(a.status = 'suspended' and i.amount < 0) and p_kind <> 'adjustment' then 'account-suspended'
    when bool_or(i.amount = 0) then 'zero-amount'
    when p_reservation_id is not null and v_reservation.id is null then 'unknown-reservation'
    when v_reservation.state <> 'open' then 'reservation-closed'
    when p_reservation_id is not null and (v_used <= 0 or v_reservation.used + v_reservation.released + v_used > v_reservation.amount) then 'reservation-exceeded'
  end into v_outcome
  from unnest(p_account_ids, p_assets, p_amounts) as i (account_id, asset, amount)
  left join custody_accounts as a on a.id = i.account_id;
  if v_outcome is null and exists (
    select from unnest(p_assets, p_amounts) as i (asset, amount) group by i.asset having sum(i.amount) <> 0
  ) then
    v_outcome := 'unbalanced';
  end if;
  if v_outcome is not null then
    return v_outcome;
  end if;

  v_holdings := array(select h from lock_holdings(p_account_ids, p_assets) as h);
  -- A closing or a suspension that was under way is seen by now.
  select case
    when exists (select from custody_accounts as a where a.id = any (p_account_ids) and a.status = 'closed') then 'account-closed'
    when bool_or(abs(coalesce(h.settled, 0) + net.amount) >= 1e20) then 'out-of-range'
    when bool_or(net.amount < 0 and a.kind <> 'external' and coalesce(h.settled - h.reserved, 0) + net.amount
      + case when (h.account_id, h.asset) = (v_reservation.account_id, v_reservation.asset)
        then v_reservation.amount - v_reservation.used - v_reservation.released else 0 end < 0) then 'insufficient-holdings'
  end into v_outcome
  from (select i.account_id, i.asset, sum(i.amount) as amount
    from unnest(p_account_ids, p_assets, p_amounts) as i (account_id, asset, amount) group by i.account_id, i.asset) as net
  join custody_accounts as a on a.id = net.account_id
  left join unnest(v_holdings) as h on h.account_id = net.account_id and h.asset = net.asset;
  if v_outcome is not null then
    return v_outcome;
  end if;

  perform make_holdings(p_account_ids, p_assets, v_holdings);
  v_now := clock_timestamp();
  insert into movement_transactions (kind, reference, effective_at, request_hash, reason, actor, source, source_seq, recorded_at)
  values (p_kind, p_reference, p_at, p_request_hash, p_reason, p_context.actor, p_context.source, p_context.source_seq, v_now)
  on conflict do nothing;
  if not found then
    select request_hash into v_hash from movement_transactions where id = v_id;
    return case when v_hash is not distinct from p_request_hash then 'same' else 'id-conflict' end;
  end if;
  if v_reservation.id is not null then
    update reservations set used = used + v_used, released = amount - used - v_used, state = 'used', closed_at = p_at, version = version + 1
    where id = v_reservation.id;
  end if;
  with posting as (
    select i.n::integer, i.account_id, i.asset, i.amount
    from unnest(p_account_ids, p_assets, p_amounts) with ordinality as i (account_id, asset, amount, n)
  ),
  net as (
    select account_id, asset, sum(amount) as amount, count(*) as movements from posting group by account_id, asset
  ),
  changed as (
    update holdings as h set settled = h.settled + net.amount, version = h.version + net.movements, recorded_at = v_now,
      reserved = h.reserved - case when (h.account_id, h.asset) = (v_reservation.account_id, v_reservation.asset)
        then v_reservation.amount - v_reservation.used - v_reservation.released else 0 end
    from net where h.account_id = net.account_id and h.asset = net.asset
    returning h.account_id, h.asset, h.settled, h.version
  )
  insert into movements (tx_id, n, account_id, asset, amount, holding_after, holding_version, recorded_at)
  select v_id, p.n, p.account_id, p.asset, p.amount, h.settled - coalesce(sum(p.amount) over later, 0), h.version - count(*) over later, v_now
  from posting as p join changed as h on h.account_id = p.account_id and h.asset = p.asset
  window later as (partition by p.account_id, p.asset order by p.n rows between 1 following and unbounded following);
  return 'ok';
end
$$;
