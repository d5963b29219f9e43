-- ok | same | id-conflict | unknown-position
create or replace function adjust_position(
  p_reference text, p_position_id text, p_kind text, p_amount numeric, p_reason text, p_request_hash text, p_at timestamptz, p_event_id text,
  p_context write_context
) returns table (outcome text, "position" jsonb)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  p positions;
  v_hash text;
begin
  select request_hash into v_hash from position_adjustments where reference = p_reference;
  if found then
    select * into p from positions where id = p_position_id;
    return query select case when v_hash = p_request_hash then 'same' else 'id-conflict' end, position_json(p);
    return;
  end if;
  perform from position_books as b where (b.deployment_id, b.account_id, b.venue, b.symbol) in (
    select deployment_id, account_id, venue, symbol from positions where id = p_position_id) for no key update;
  select * into p from positions where id = p_position_id for no key update;
  if not found then
    return query select 'unknown-position', null::jsonb;
    return;
  end if;
  insert into position_adjustments (reference, position_id, kind, amount, reason, request_hash, adjusted_at)
  values (p_reference, p_position_id, p_kind, p_amount, p_reason, p_request_hash, p_at) on conflict (reference) do nothing;
  if not found then
    select request_hash into v_hash from position_adjustments where reference = p_reference;
    return query select case when v_hash = p_request_hash then 'same' else 'id-conflict' end, position_json(p);
    return;
  end if;
  update positions set adjustments = adjustments + p_amount, version = version + 1, recorded_at = clock_timestamp()
  where id = p_position_id returning * into p;
  perform append_position_event(p, 'adjusted', null, null, p_at, p_event_id, p_context);
  return query select 'ok', position_json(p);
end
$$;
