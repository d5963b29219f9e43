-- The entry of an alert's present version in its log, and the event that tells of it.
create or replace function log_alert(
  a alerts, p_type text, p_details jsonb, p_actor_kind text, p_at timestamptz, p_event_id text, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
begin
  insert into alert_log (alert_id, version, type, state, severity, details, actor, actor_kind, event_id, occurred_at)
  values (a.id, a.version, p_type, a.state, a.severity, p_details, p_context.actor, p_actor_kind, p_event_id, p_at);
  perform append_event(p_event_id, 'alert.changed', 'alert', a.id, a.version, jsonb_strip_nulls(jsonb_build_object(
    'alertId', a.id, 'type', p_type, 'kind', a.kind, 'state', a.state, 'severity', a.severity, 'summary', a.summary, 'labels', a.labels,
    'dedupKey', a.dedup_key, 'step', p_details -> 'step', 'acknowledgedBy', a.acknowledged_by, 'reason', a.close_reason)), p_at, p_context);
  if p_type = 'fired' or p_type = 'opened' and a.state = 'firing' then
    update scenario_marks set detected_at = p_at, alert_id = a.id
    where detected_at is null and began_at <= p_at and a.labels @> labels;
  end if;
end
$$;
