-- ok | same | id-conflict | unknown-strategy
create or replace function create_study(
  p_id text, p_strategy_id text, p_name text, p_objectives text[], p_directions text[], p_request_hash text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  if not exists (select from strategies as s where s.id = p_strategy_id) then
    return query select 'unknown-strategy';
    return;
  end if;
  insert into studies (id, strategy_id, name, objectives, directions, request_hash, created_at)
  values (p_id, p_strategy_id, p_name, p_objectives, p_directions, p_request_hash, p_at)
  on conflict (id) do nothing;
  if found then
    return query select 'ok';
  else
    return query select case when s.request_hash = p_request_hash then 'same' else 'id-conflict' end from studies as s where s.id = p_id;
  end if;
end
$$;
