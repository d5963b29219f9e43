-- Counts the next p_limit events whose causes are linked: by minute, source and type with the time since their cause, and by which source
-- caused which. In one transaction with how far that is. Answers how many events it read and how many are left.
create or replace function project_timelines(p_limit integer) returns table (events integer, behind bigint)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
  v_from bigint;
  v_to bigint;
  v_head bigint;
begin
  select h.position into v_head from trail_head as h;
  select p.position into v_from from projections as p where p.name = 'timelines' for no key update skip locked;
  v_to := least((select p.position from projections as p where p.name = 'chains'), v_from + p_limit);
  if v_from is null or v_to <= v_from then
    return query select 0, v_head - (select p.position from projections as p where p.name = 'timelines');
    return;
  end if;

  with hops as materialized (
    select date_trunc('minute', e.occurred_at) as minute, e.source::text as service, e.type::text as type,
      coalesce(e.source_recorded_at, e.recorded_at) as at, tells_of_failure(e.type, e.payload) as failed, c.source::text as cause,
      extract(epoch from coalesce(e.source_recorded_at, e.recorded_at) - coalesce(c.source_recorded_at, c.recorded_at))::double precision * 1e6 as us
    from events as e
    left join lateral (
      select c.source, c.source_recorded_at, c.recorded_at
      from event_links as l
      join events as c on c.position = l.cause_position
      where l.effect_position = e.position and l.kind = 'caused-by' and l.cause_id = e.causation_id) as c on true
    where e.position > v_from and e.position <= v_to
  ),
  counted as (
    select b.minute, b.service, b.type, sum(b.count) as count, sum(b.errors) as errors,
      coalesce(jsonb_object_agg(b.bucket, b.count) filter (where b.bucket is not null), '{}') as histogram
    from (
      select h.minute, h.service, h.type, histogram_bucket(h.us) as bucket, count(*) as count, count(*) filter (where h.failed) as errors
      from hops as h group by 1, 2, 3, 4) as b
    group by 1, 2, 3
  ),
  minutes as (
    insert into minute_stats as m (minute, kind, service, type, count, errors, histogram)
    select c.minute, 'event', c.service, c.type, c.count, c.errors, c.histogram from counted as c
    order by c.minute, c.service, c.type
    on conflict (minute, kind, service, type) do update set
      count = m.count + excluded.count, errors = m.errors + excluded.errors, histogram = merge_histograms(m.histogram, excluded.histogram)
  )
  insert into service_dependencies as d (day, kind, parent, child, calls, errors, histogram)
  select b.day, 'event', b.cause, b.service, sum(b.count), sum(b.errors), jsonb_object_agg(b.bucket, b.count)
  from (
    select h.at::date as day, h.cause, h.service, histogram_bucket(h.us) as bucket, count(*) as count, count(*) filter (where h.failed) as errors
    from hops as h where h.cause <> h.service group by 1, 2, 3, 4) as b
  group by b.day, b.cause, b.service
  order by b.day, b.cause, b.service
  on conflict (day, kind, parent, child) do update set
    calls = d.calls + excluded.calls, errors = d.errors + excluded.errors, histogram = merge_histograms(d.histogram, excluded.histogram);

  update projections as p set position = v_to, updated_at = clock_timestamp() where p.name = 'timelines';
  return query select (v_to - v_from)::integer, v_head - v_to;
end
$$;
