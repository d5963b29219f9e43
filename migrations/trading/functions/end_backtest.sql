-- Completed with the metrics of its rows as they were at p_version, failed or interrupted.
-- ok | same | unknown-backtest | illegal-transition | rows-changed | identity-completed (then `other_id` is that one)
create or replace function end_backtest(
  p_id text, p_version bigint, p_status text, p_error text, p_metrics jsonb, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, other_id text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  b backtests;
begin
  select * into b from backtests where id = p_id for no key update;
  if found and p_status = 'completed' and b.status = 'running' then
    perform pg_advisory_xact_lock(hashtextextended(current_schema() || ' backtest ' || b.identity_hash, 0));
    select id into other_id from backtests where identity_hash = b.identity_hash and status = 'completed';
  end if;
  outcome := case
    when b.id is null then 'unknown-backtest'
    when b.status = p_status then 'same'
    when not exists (select from transitions where machine = 'backtest' and from_status = b.status and to_status = p_status) then 'illegal-transition'
    when p_version <> b.version then 'rows-changed'
    when other_id is not null then 'identity-completed'
    else 'ok'
  end;
  if outcome = 'ok' then
    update backtests set status = p_status, error = p_error, ended_at = p_at, version = version + 1 where id = p_id returning * into b;
    if p_status = 'completed' then
      perform record_metrics('backtest', p_id, 0, p_at, p_metrics);
      perform append_event(p_event_id, 'backtest.completed', 'backtest', p_id, b.version, jsonb_build_object(
        'backtestId', p_id, 'identityHash', b.identity_hash, 'strategyId', b.strategy_id, 'strategyVersion', b.strategy_version,
        'trades', b.trades, 'metrics', (
          select coalesce(jsonb_object_agg(m.name, m.value) filter (where m.value is not null), '{}')
          from jsonb_to_recordset(p_metrics) as m (name text, value double precision))), p_at, p_context);
    end if;
  end if;
  return next;
end
$$;
