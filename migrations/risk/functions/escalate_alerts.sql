-- Takes the steps that are due at p_at: an acknowledgement that ran out is taken back; each due step notifies its targets, unless a silence or
-- a rule keeps it quiet, and the next one waits. Several may work at once: they pass each other by. A clock that jumped ahead makes one step
-- due, not all that lay between; one that went back makes nobody wait longer than a step does.
create or replace function escalate_alerts(p_at timestamptz, p_event_ids text[], p_context write_context)
returns table (alerts jsonb, notified integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_due record;
  a alerts;
  v_step jsonb;
  v_delay interval;
  v_quiet text;
  v_labels jsonb;
  v_last boolean;
  v_used integer := 0;
begin
  perform enter_books(false);
  alerts := '[]';
  notified := 0;
  for a in
    select * from alerts as x where x.state <> 'closed' and x.acknowledged_until <= p_at order by x.id limit cardinality(p_event_ids) / 2
    for no key update skip locked
  loop
    update alerts as x set acknowledged_at = null, acknowledged_by = null, acknowledged_until = null, version = x.version + 1, recorded_at = clock_timestamp()
    where x.id = a.id returning * into a;
    v_used := v_used + 1;
    perform log_alert(a, 'acknowledgement-expired', '{}', 'monitor', p_at, p_event_ids[v_used], p_context);
    if a.state = 'firing' then
      perform arm_escalation(a.id, p_at);
    end if;
    alerts := alerts || alert_json(a);
  end loop;

  for v_due in
    select e.*, (x.steps -> e.step ->> 'delayMs')::bigint as delay_ms from escalation_states as e join alerts as x on x.id = e.alert_id
    where (e.next_at <= p_at or e.next_at > p_at + make_interval(secs => (x.steps -> e.step ->> 'delayMs')::bigint / 1000.0)
        and (x.snoozed_until is null or e.next_at > x.snoozed_until))
      and x.state = 'firing' and x.acknowledged_at is null
    order by e.next_at limit cardinality(p_event_ids) - v_used for no key update of e, x skip locked
  loop
    select * into a from alerts as x where x.id = v_due.alert_id;
    v_labels := a.labels || jsonb_build_object('severity', a.severity, 'kind', a.kind);
    v_step := a.steps -> v_due.step;
    v_delay := make_interval(secs => v_due.delay_ms / 1000.0);
    if v_due.next_at > p_at then
      update escalation_states set next_at = p_at + v_delay, version = version + 1 where alert_id = a.id;
      continue;
    end if;
    select coalesce(
      (select 'silence ' || s.id from silences as s where s.ended_at is null and p_at >= s.from_at and p_at < s.until_at and v_labels @> s.matchers order by s.id limit 1),
      (select 'rule ' || i.id from inhibit_rules as i where i.ended_at is null and v_labels @> i.target and exists (
        select from alerts as o where o.id <> a.id and o.state = 'firing' and o.labels || jsonb_build_object('severity', o.severity, 'kind', o.kind) @> i.source
          and not exists (select from unnest(i.equal) as l where o.labels -> l is distinct from v_labels -> l)) order by i.id limit 1)) into v_quiet;
    insert into notifications (id, alert_id, step, round, target, body, state, next_retry, suppressed_by, due_at)
    select a.id || '/' || v_due.round || '.' || v_due.step || '/' || t.n, a.id, v_due.step, v_due.round, t.target,
      a.severity || ': ' || a.summary || case when v_due.round + v_due.step > 0 then ' (unanswered since ' || instant_text(a.fired_at) || ')' else '' end,
      case when v_quiet is null then 'due' else 'suppressed' end, case when v_quiet is null then clock_timestamp() end, v_quiet, p_at
    from jsonb_array_elements_text(v_step -> 'targets') with ordinality as t (target, n)
    on conflict do nothing;
    notified := notified + case when v_quiet is null then jsonb_array_length(v_step -> 'targets') else 0 end;
    if v_quiet is not null or v_due.round + v_due.step > 0 then
      update alerts as x set version = x.version + 1, escalated = x.escalated + case when v_quiet is null then 1 else 0 end, recorded_at = clock_timestamp()
      where x.id = a.id returning * into a;
      v_used := v_used + 1;
      perform log_alert(a, case when v_quiet is null then 'escalated' else 'notification-suppressed' end,
        jsonb_strip_nulls(jsonb_build_object('step', v_due.step, 'round', v_due.round, 'by', v_quiet)), 'monitor', p_at, p_event_ids[v_used], p_context);
      alerts := alerts || alert_json(a);
    end if;
    v_last := v_due.step + 1 >= jsonb_array_length(a.steps);
    update escalation_states set version = version + 1,
      step = case when v_last then 0 else step + 1 end, round = round + case when v_last then 1 else 0 end,
      next_at = case when v_last and v_due.round >= a.repeats then null else p_at + v_delay end
    where alert_id = a.id;
  end loop;
  return next;
end
$$;
