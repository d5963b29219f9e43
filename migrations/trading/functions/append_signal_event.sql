-- The event `signal.decided` of a signal that is.
create or replace function append_signal_event(s signals, p_event_id text, p_context write_context) returns void
language plpgsql
set search_path from current
as $$
begin
  perform append_event(p_event_id, 'signal.decided', 'signal', s.id, s.version, jsonb_strip_nulls(jsonb_build_object(
    'signalId', s.id, 'deploymentId', s.deployment_id, 'symbol', s.symbol, 'action', s.action, 'outcome', s.outcome, 'reason', s.reason,
    'riskCheckId', s.check_id)), s.decided_at, p_context);
end
$$;
