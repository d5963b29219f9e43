-- One transition of a transfer that the caller has locked, with its effect on the funds and on what it used of a limit.
-- ok | illegal-transition | what the posting is refused with
create or replace function change_transfer(
  p_id text, p_to text, p_reason text, p_transaction_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns text
language plpgsql
set search_path from current
as $$
declare
  t transfers;
  v_effect text;
  v_reservation text;
  v_outcome text := 'ok';
begin
  select * into t from transfers where id = p_id;
  select e.effect into v_effect from transfer_effects as e where e.from_status = t.status and e.to_status = p_to;
  if not found then
    return 'illegal-transition';
  end if;
  if t.kind <> 'deposit' then
    v_reservation := 'transfer:' || p_id;
  end if;
  if v_effect = 'capture' then
    v_outcome := post_movements('transfer', p_id, array[t.from_account_id, t.to_account_id], array[t.asset, t.asset]::text[],
      array[-t.amount, t.amount], v_reservation, null, null, p_at, p_context);
  elsif v_effect = 'release' and v_reservation is not null then
    v_outcome := release_reservation(v_reservation, p_at);
  end if;
  if v_outcome <> 'ok' then
    return v_outcome;
  end if;
  if v_effect = 'release' then
    update policy_usage set returned_at = p_at where transfer_id = p_id;
  end if;
  insert into transfer_events (transfer_id, version, from_status, status, effect, reason, actor, occurred_at)
  values (p_id, t.version + 1, t.status, p_to, v_effect, p_reason, p_context.actor, p_at);
  update transfers set status = p_to, reason = coalesce(p_reason, reason), transaction_hash = coalesce(p_transaction_hash, transaction_hash),
    closed_at = case when p_to in ('completed', 'cancelled', 'rejected', 'blocked', 'failed') then p_at end,
    version = version + 1, recorded_at = clock_timestamp()
  where id = p_id;
  perform append_transfer_event(p_id, p_at, p_event_id, p_context);
  return 'ok';
end
$$;
