-- Writes what was judged of limits: alerts with their breaches, each where it still is as it was judged. Another monitor may have been first.
create or replace function change_breaches(p_changes jsonb, p_at timestamptz, p_context write_context)
returns table (n integer, done boolean, alert jsonb)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  c record;
  a alerts;
  b breaches;
  v_type text;
  v_id text;
begin
  perform enter_books(false);
  for c in
    select i.* from jsonb_to_recordset(p_changes) as i (n integer, "limitId" text, version integer, metric text, scope text, subject text, kind text,
      "to" text, type text, severity text, observed numeric, "limitValue" numeric, summary text, reason text, "alertId" text, "alertVersion" bigint,
      "newId" text, "policyId" text, steps jsonb, "eventId" text, "breachEventId" text)
    order by i."limitId", i.subject, i.n
  loop
    n := c.n;
    a := null;
    if c."alertId" is null then
      v_id := open_alert(c."newId", c.kind || '/' || c."limitId" || '/' || c.subject, c.kind, c."to", c.severity, c.summary,
        jsonb_build_object('kind', c.kind, 'limitId', c."limitId", 'metric', c.metric, 'scope', c.scope, 'subject', c.subject), c."policyId", c.steps, null,
        null, 'monitor', p_at, c."eventId", p_context);
      select * into a from alerts where id = v_id;
    elsif c.type <> 'observed' then
      a := step_alert(c."alertId", c."alertVersion", c.type, c."to", c.severity, c.reason, jsonb_build_object('observed', c.observed), 'monitor', p_at,
        c."eventId", p_context);
    else
      select * into a from alerts where id = c."alertId" and version = c."alertVersion" for no key update;
    end if;
    done := a.id is not null;
    if done and c.kind = 'breach' then
      select * into b from breaches where limit_id = c."limitId" and subject = c.subject and cleared_at is null for no key update;
      if b.id is null and c."to" = 'firing' then
        v_type := 'opened';
        insert into breaches (id, limit_id, limit_version, scope, subject, severity, observed, peak, limit_value, alert_id, opened_at)
        values (c."breachEventId", c."limitId", c.version, c.scope, c.subject, c.severity, c.observed, c.observed, c."limitValue", a.id, p_at) returning * into b;
      elsif b.id is not null then
        v_type := case
          when c."to" = 'closed' then 'cleared'
          when array_position(array['low', 'medium', 'high', 'critical'], c.severity) > array_position(array['low', 'medium', 'high', 'critical'], b.severity::text) then 'worsened'
          when array_position(array['low', 'medium', 'high', 'critical'], c.severity) < array_position(array['low', 'medium', 'high', 'critical'], b.severity::text) then 'improved'
        end;
        update breaches set severity = c.severity, observed = coalesce(c.observed, observed), peak = greatest(peak, c.observed), limit_version = c.version,
          limit_value = coalesce(c."limitValue", limit_value), cleared_at = case c."to" when 'closed' then p_at end,
          version = version + case when v_type is null then 0 else 1 end, recorded_at = clock_timestamp()
        where id = b.id returning * into b;
      end if;
      if v_type is not null then
        insert into breach_events (breach_id, version, type, severity, observed, limit_version, event_id, occurred_at)
        values (b.id, b.version, v_type, b.severity, b.observed, b.limit_version, c."breachEventId", p_at);
        perform append_event(c."breachEventId", 'breach.changed', 'breach', b.id, b.version, jsonb_strip_nulls(jsonb_build_object(
          'breachId', b.id, 'type', v_type, 'limitId', b.limit_id, 'limitVersion', b.limit_version, 'metric', c.metric, 'scope', b.scope,
          'subject', nullif(b.subject, ''), 'severity', b.severity, 'observed', trim_scale(b.observed)::text, 'peak', trim_scale(b.peak)::text,
          'limit', trim_scale(b.limit_value)::text, 'alertId', b.alert_id)), p_at, p_context);
      end if;
      v_type := null;
      b := null;
    end if;
    alert := case when done then alert_json(a) end;
    return next;
  end loop;
end
$$;
