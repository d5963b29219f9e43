-- The history row and the event `strategy.changed` of the strategy's present version.
create or replace function append_strategy_event(
  p_id text, p_type text, p_reason text, p_at timestamptz, p_event_id text, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
declare
  s strategies;
begin
  select * into s from strategies where id = p_id;
  insert into strategy_events (strategy_id, version, type, status, last_version, reason, actor, event_id, occurred_at)
  values (s.id, s.version, p_type, s.status, s.last_version, p_reason, p_context.actor, p_event_id, p_at);
  perform append_event(p_event_id, 'strategy.changed', 'strategy', s.id, s.version, jsonb_strip_nulls(jsonb_build_object(
    'strategyId', s.id, 'name', s.name, 'kind', s.kind, 'symbols', to_jsonb(s.symbols), 'status', s.status,
    'latestVersion', nullif(s.last_version, 0), 'reason', p_reason)), p_at, p_context);
end
$$;
