-- What a schedule owes at p_at: the nominal instants that have come since it last fired, oldest first, as whoever reads cron lines
-- worked them out from version p_version. One older than the catch-up is missed. A nominal instant that has fired does not fire again.
create or replace function fire_schedule(
  p_id text, p_version bigint, p_nominal_ats timestamptz[], p_next_at timestamptz, p_late_after interval, p_job_ids text[], p_event_ids text[],
  p_at timestamptz, p_context write_context
) returns table (nominal_at timestamptz, outcome text, job_id text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  s schedules;
  v_open integer;
  v_buffered integer;
begin
  select * into s from schedules where id = p_id for no key update;
  if s.id is null or s.version <> p_version or s.paused then
    return;
  end if;
  for i in 1 .. coalesce(cardinality(p_nominal_ats), 0) loop
    nominal_at := p_nominal_ats[i];
    continue when exists (select from schedule_fires as f where f.schedule_id = p_id and f.nominal_at = fire_schedule.nominal_at);
    select count(*), count(*) filter (where state in ('ready', 'blocked')) into v_open, v_buffered
    from jobs where schedule_id = p_id and ended_at is null;
    outcome := case
      when nominal_at < p_at - s.catchup then 'missed'
      when s.overlap = 'skip' and v_open > 0 or s.overlap = 'buffer' and v_buffered > 0 then 'skipped-overlap'
      when nominal_at < p_at - p_late_after then 'late'
      else 'on-time'
    end;
    job_id := case when outcome in ('on-time', 'late') then p_job_ids[i] end;
    if job_id is not null then
      if s.overlap = 'cancel' then
        update jobs set cancel_requested = true where schedule_id = p_id and state = 'claimed';
        update jobs set state = 'canceled', ended_at = p_at where schedule_id = p_id and state in ('ready', 'blocked');
      end if;
      insert into jobs (id, scenario_id, scenario_version, parameters, lock_name, state, exclusive_key, start_after, schedule_id, nominal_at,
        request_hash, created_at)
      values (job_id, s.scenario_id, s.scenario_version, s.parameters, s.lock_name, 'ready',
        case when s.overlap <> 'allow' then 'schedule/' || p_id end, nominal_at, p_id, nominal_at, p_id || ' ' || nominal_at::text, p_at);
    end if;
    insert into schedule_fires (schedule_id, nominal_at, outcome, job_id, event_id, fired_at)
    values (p_id, nominal_at, outcome, job_id, p_event_ids[i], p_at);
    perform append_event(p_event_ids[i], 'schedule.fired', 'schedule', p_id, s.version + i, jsonb_strip_nulls(jsonb_build_object(
      'scheduleId', p_id, 'scenarioId', s.scenario_id, 'nominalAt', instant_text(nominal_at), 'outcome', outcome, 'jobId', job_id)), p_at, p_context);
    return next;
  end loop;
  update schedules set next_at = p_next_at, version = version + 1 + coalesce(cardinality(p_nominal_ats), 0) where id = p_id;
end
$$;
