-- p_version null means any. ok | same | unknown-instrument | stale-version | illegal-transition
create or replace function change_instrument_status(
  p_symbol text, p_version bigint, p_status text, p_reason text, p_event_id text, p_at timestamptz, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_before instruments;
  v_after instruments;
begin
  select * into v_before from instruments where symbol = p_symbol for no key update;
  outcome := case
    when v_before.symbol is null then 'unknown-instrument'
    when v_before.status = p_status then 'same'
    when p_version <> v_before.version then 'stale-version'
    when not exists (
      select from transitions where machine = 'instrument' and from_status = v_before.status and to_status = p_status) then 'illegal-transition'
    else 'ok'
  end;
  if outcome = 'ok' then
    update instruments set status = p_status, version = version + 1 where symbol = p_symbol returning * into v_after;
    insert into instrument_status_changes (symbol, version, prev_status, status, reason, actor, occurred_at)
    values (p_symbol, v_after.version, v_before.status, p_status, p_reason, p_context.actor, p_at);
    perform append_event(p_event_id, 'instrument.changed', 'instrument', p_symbol, v_after.version, instrument_json(v_after), p_at, p_context);
  end if;
  return next;
end
$$;
