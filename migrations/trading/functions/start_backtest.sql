-- data_changed: whether a completed run of the same but for the data's hash exists.
-- ok | same | reused | id-conflict | unknown-strategy-version
create or replace function start_backtest(
  p_id text, p_identity_hash text, p_strategy_id text, p_strategy_version integer, p_engine_version text, p_data_snapshot text,
  p_data_sha256 text, p_from timestamptz, p_to timestamptz, p_seed text, p_cost_model jsonb, p_currency text, p_starting_equity numeric,
  p_code_is_dirty boolean, p_lockfile_hash text, p_host text, p_request_hash text, p_at timestamptz
) returns table (outcome text, backtest_id text, data_changed boolean)
language plpgsql
set search_path from current
as $$
declare
  b backtests;
begin
  data_changed := exists (
    select from backtests as o
    where o.strategy_id = p_strategy_id and o.data_snapshot = p_data_snapshot and o.data_sha256 <> p_data_sha256 and o.status = 'completed');
  select * into b from backtests as o where o.id = p_id;
  if found then
    return query select case when b.request_hash = p_request_hash then 'same' else 'id-conflict' end, b.id, data_changed;
    return;
  end if;
  select * into b from backtests as o where o.identity_hash = p_identity_hash and o.status = 'completed';
  if found then
    return query select 'reused', b.id, data_changed;
    return;
  end if;
  if not exists (select from strategy_versions as v where v.strategy_id = p_strategy_id and v.version = p_strategy_version) then
    return query select 'unknown-strategy-version', null::text, data_changed;
    return;
  end if;
  insert into backtests (id, identity_hash, strategy_id, strategy_version, engine_version, data_snapshot, data_sha256, from_at, to_at, seed,
    cost_model, currency, starting_equity, code_is_dirty, lockfile_hash, host, request_hash, started_at)
  values (p_id, p_identity_hash, p_strategy_id, p_strategy_version, p_engine_version, p_data_snapshot, p_data_sha256, p_from, p_to, p_seed,
    p_cost_model, p_currency, p_starting_equity, p_code_is_dirty, p_lockfile_hash, p_host, p_request_hash, p_at)
  on conflict (id) do nothing;
  if not found then
    return query select case when o.request_hash = p_request_hash then 'same' else 'id-conflict' end, o.id, data_changed
      from backtests as o where o.id = p_id;
    return;
  end if;
  return query select 'ok', p_id, data_changed;
end
$$;
