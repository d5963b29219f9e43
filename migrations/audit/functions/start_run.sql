-- A run with what it is made of; it is running.
-- ok | same | id-conflict
create or replace function start_run(
  p_run_id text, p_binary_hash text, p_config_hash text, p_seed text, p_actor text, p_at timestamptz, p_request_hash text
) returns table (outcome text, high_watermark bigint)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_watermark constant bigint := (select h.position from trail_head as h);
begin
  insert into runs (run_id, binary_hash, config_hash, seed, actor, started_at, request_hash)
  values (p_run_id, p_binary_hash, p_config_hash, p_seed, p_actor, p_at, p_request_hash)
  on conflict do nothing;
  if not found then
    return query select case when r.request_hash = p_request_hash then 'same' else 'id-conflict' end, v_watermark
      from runs as r where r.run_id = p_run_id;
    return;
  end if;
  insert into run_states (run_id, version, status, high_watermark, actor, at) values (p_run_id, 1, 'running', v_watermark, p_actor, p_at);
  return query select 'ok', v_watermark;
end
$$;
