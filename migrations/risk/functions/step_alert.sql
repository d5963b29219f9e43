-- Moves an open alert to a state and severity, where it still is at the version it was judged at (any, where null). A rise of severity takes
-- the acknowledgement back and begins the escalation anew. Answers the alert, or null where it has moved on.
create or replace function step_alert(
  p_id text, p_version bigint, p_type text, p_state text, p_severity text, p_reason text, p_details jsonb, p_actor_kind text, p_at timestamptz,
  p_event_id text, p_context write_context
) returns alerts
language plpgsql
set search_path from current
as $$
declare
  a alerts;
  v_rises boolean;
begin
  select * into a from alerts where id = p_id for no key update;
  if a.id is null or a.state = 'closed' or a.version <> p_version
    or a.state <> p_state and not exists (select from transitions where machine = 'alert' and from_status = a.state and to_status = p_state) then
    return null;
  end if;
  v_rises := array_position(array['low', 'medium', 'high', 'critical'], p_severity) > array_position(array['low', 'medium', 'high', 'critical'], a.severity::text);
  update alerts set
    state = p_state, severity = p_severity, version = version + 1, recorded_at = clock_timestamp(),
    fired_at = case when p_state = 'firing' then coalesce(fired_at, p_at) else fired_at end,
    recovering_since = case p_state when 'recovering' then p_at end,
    acknowledged_at = case when v_rises then null else acknowledged_at end,
    acknowledged_by = case when v_rises then null else acknowledged_by end,
    acknowledged_until = case when v_rises then null else acknowledged_until end,
    snoozed_until = case when v_rises then null else snoozed_until end,
    closed_at = case p_state when 'closed' then p_at end,
    close_reason = case p_state when 'closed' then p_reason end
  where id = p_id
  returning * into a;
  if p_state in ('closed', 'recovering') then
    perform arm_escalation(a.id, null);
  elsif p_state = 'firing' and (v_rises or p_type = 'fired' and a.acknowledged_at is null) then
    perform arm_escalation(a.id, p_at);
  end if;
  perform log_alert(a, p_type, p_details, p_actor_kind, p_at, p_event_id, p_context);
  return a;
end
$$;
