-- An alert that somebody raises. Where one is open under its key it is that one: counted once more, and as severe as the worse of both.
-- ok | same | repeated | id-conflict | unknown-policy
create or replace function raise_alert(
  p_id text, p_dedup_key text, p_severity text, p_summary text, p_labels jsonb, p_policy_id text, p_steps jsonb, p_repeats integer,
  p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, alert jsonb)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  a alerts;
  v_rises boolean;
begin
  perform enter_books(false);
  select * into a from alerts where id = p_id;
  if a.id is null then
    select al.* into a from alert_log as l join alerts as al on al.id = l.alert_id
    where al.dedup_key = p_dedup_key and l.type = 'repeated' and l.details ->> 'raisedAs' = p_id;
    if a.id is not null then
      return query select 'same', alert_json(a);
      return;
    end if;
  else
    return query select case when a.request_hash = p_request_hash then 'same' else 'id-conflict' end, alert_json(a);
    return;
  end if;
  if p_policy_id is not null and not exists (select from escalation_policies where id = p_policy_id) then
    return query select 'unknown-policy', null::jsonb;
    return;
  end if;
  if open_alert(p_id, p_dedup_key, 'manual', 'firing', p_severity, p_summary, p_labels, p_policy_id, p_steps, p_repeats, p_request_hash, 'person', p_at,
    p_event_id, p_context) is not null then
    outcome := 'ok';
    select * into a from alerts where id = p_id;
  else
    select * into a from alerts where dedup_key = p_dedup_key and state <> 'closed' for no key update;
    v_rises := array_position(array['low', 'medium', 'high', 'critical'], p_severity) > array_position(array['low', 'medium', 'high', 'critical'], a.severity::text);
    update alerts set count = count + 1 where id = a.id;
    a := step_alert(a.id, null, 'repeated', a.state, case when v_rises then p_severity else a.severity end, null,
      jsonb_build_object('raisedAs', p_id, 'severity', p_severity), 'person', p_at, p_event_id, p_context);
    outcome := 'repeated';
  end if;
  alert := alert_json(a);
  return next;
end
$$;
