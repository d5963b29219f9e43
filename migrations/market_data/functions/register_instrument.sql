-- ok | same | id-conflict | too-many-digits
create or replace function register_instrument(
  p_symbol text, p_base text, p_quote text, p_tick_size numeric, p_step_size numeric, p_min_notional numeric, p_name text, p_status text,
  p_request_hash text, p_event_id text, p_at timestamptz, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_instrument instruments;
begin
  if scale(trim_scale(p_tick_size)) + scale(trim_scale(p_step_size)) > 18 then
    outcome := 'too-many-digits';
    return next;
    return;
  end if;
  insert into instruments (symbol, base, quote, tick_size, step_size, min_notional, name, status, request_hash, registered_at)
  values (p_symbol, p_base, p_quote, p_tick_size, p_step_size, p_min_notional, p_name, p_status, p_request_hash, p_at)
  on conflict (symbol) do nothing
  returning * into v_instrument;
  if found then
    outcome := 'ok';
    insert into instrument_status_changes (symbol, version, status, actor, occurred_at)
    values (p_symbol, 1, p_status, p_context.actor, p_at);
    perform append_event(p_event_id, 'instrument.changed', 'instrument', p_symbol, 1, instrument_json(v_instrument), p_at, p_context);
  else
    select case when request_hash = p_request_hash then 'same' else 'id-conflict' end into outcome from instruments where symbol = p_symbol;
  end if;
  return next;
end
$$;
