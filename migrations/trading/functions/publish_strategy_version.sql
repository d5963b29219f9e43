-- The same code and parameters are the version they already have.
-- ok | same | id-conflict | unknown-strategy | strategy-retired
create or replace function publish_strategy_version(
  p_strategy_id text, p_code_hash text, p_params jsonb, p_params_hash text, p_engine_version text,
  p_max_position numeric, p_max_daily_loss numeric, p_max_leverage numeric, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, version integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  s strategies;
  v strategy_versions;
begin
  select * into s from strategies where id = p_strategy_id for no key update;
  if s.id is null then
    return query select 'unknown-strategy', null::integer;
    return;
  end if;
  select * into v from strategy_versions where strategy_id = p_strategy_id and code_hash = p_code_hash and params_hash = p_params_hash;
  if found then
    return query select case when v.engine_version is not distinct from p_engine_version then 'same' else 'id-conflict' end, v.version;
    return;
  end if;
  if s.status = 'retired' then
    return query select 'strategy-retired', null::integer;
    return;
  end if;
  insert into strategy_versions (strategy_id, version, code_hash, params, params_hash, engine_version, max_position, max_daily_loss,
    max_leverage, published_at)
  values (p_strategy_id, s.last_version + 1, p_code_hash, p_params, p_params_hash, p_engine_version, p_max_position, p_max_daily_loss,
    p_max_leverage, p_at);
  update strategies set last_version = last_version + 1, version = version + 1 where id = p_strategy_id;
  perform append_strategy_event(p_strategy_id, 'version-published', null, p_at, p_event_id, p_context);
  return query select 'ok', s.last_version + 1;
end
$$;
