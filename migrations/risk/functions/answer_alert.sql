-- What a person makes of an alert: `acknowledged` (until when), `snoozed` (until when), `closed`.
-- ok | same | unknown-alert | alert-closed | alert-pending | already-past
create or replace function answer_alert(
  p_id text, p_type text, p_by text, p_until timestamptz, p_reason text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, alert jsonb)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  a alerts;
begin
  perform enter_books(false);
  select * into a from alerts where id = p_id for no key update;
  outcome := case
    when a.id is null then 'unknown-alert'
    when p_type = 'closed' and a.state = 'closed' then 'same'
    when p_type = 'acknowledged' and a.acknowledged_by = p_by and a.acknowledged_until is not distinct from p_until then 'same'
    when p_type = 'snoozed' and a.snoozed_until = p_until then 'same'
    when a.state = 'closed' then 'alert-closed'
    when p_type = 'acknowledged' and a.state = 'pending' then 'alert-pending'
    when p_until <= p_at then 'already-past'
    else 'ok'
  end;
  if outcome = 'ok' and p_type = 'closed' then
    a := step_alert(p_id, null, 'closed', 'closed', a.severity, coalesce(p_reason, 'resolved'), jsonb_build_object('by', p_by), 'person', p_at, p_event_id, p_context);
  elsif outcome = 'ok' then
    update alerts set version = version + 1, recorded_at = clock_timestamp(),
      acknowledged_at = case p_type when 'acknowledged' then p_at else acknowledged_at end,
      acknowledged_by = case p_type when 'acknowledged' then p_by else acknowledged_by end,
      acknowledged_until = case p_type when 'acknowledged' then p_until else acknowledged_until end,
      snoozed_until = case p_type when 'snoozed' then p_until else snoozed_until end
    where id = p_id returning * into a;
    update escalation_states set next_at = case p_type when 'snoozed' then p_until end, version = version + 1 where alert_id = p_id and next_at is not null;
    perform log_alert(a, p_type, jsonb_strip_nulls(jsonb_build_object('by', p_by, 'until', instant_text(p_until), 'reason', p_reason)), 'person', p_at,
      p_event_id, p_context);
  end if;
  alert := case when a.id is not null then alert_json(a) end;
  return next;
end
$$;
