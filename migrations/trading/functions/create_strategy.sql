-- ok | same | id-conflict
create or replace function create_strategy(
  p_id text, p_name text, p_kind text, p_symbols text[], p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  insert into strategies (id, name, kind, symbols, request_hash, created_at)
  values (p_id, p_name, p_kind, p_symbols, p_request_hash, p_at)
  on conflict (id) do nothing;
  if not found then
    return query select case when s.request_hash = p_request_hash then 'same' else 'id-conflict' end from strategies as s where s.id = p_id;
    return;
  end if;
  perform append_strategy_event(p_id, 'created', null, p_at, p_event_id, p_context);
  return query select 'ok';
end
$$;
