-- Accounts for at most p_limit spans that came: traces, minutes, dependencies, clocks. A span whose parent is not there waits for it. What
-- was accounted for leaves the arrivals in the same transaction. Answers how many that were.
create or replace function project_spans(p_limit integer) returns table (spans integer)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
  v_traces text[];
  v_ids text[];
  v_months timestamptz[];
  v_waiting text[];
  v_child_traces text[];
  v_child_ids text[];
  v_child_months timestamptz[];
begin
  -- One at a time: of two, one might let a span wait for the parent that the other has just accounted for.
  perform from projections as p where p.name = 'spans' for no key update skip locked;
  if not found then
    return query select 0;
    return;
  end if;
  with taken as (
    delete from span_arrivals as a using (select id from span_arrivals order by id limit p_limit) as oldest
    where a.id = oldest.id returning a.trace_id, a.span_id, a.month
  )
  select array_agg(t.trace_id), array_agg(t.span_id), array_agg(t.month) into v_traces, v_ids, v_months from taken as t;
  if v_traces is null then
    return query select 0;
    return;
  end if;

  -- What waits and what does not is decided once: a parent that arrives from here on finds it waiting.
  with waits as (
    insert into waiting_spans (trace_id, parent_span_id, span_id, month)
    select c.trace_id, c.parent_span_id, c.span_id, c.month
    from unnest(v_traces, v_ids, v_months) as i (trace_id, span_id, month)
    join spans as c on c.trace_id = i.trace_id and c.span_id = i.span_id and c.month = i.month
    where c.parent_span_id is not null
      and not exists (select from spans as p where p.trace_id = c.trace_id and p.span_id = c.parent_span_id)
    returning trace_id, span_id
  )
  select array_agg(w.trace_id || w.span_id) into v_waiting from waits as w;
  with released as (
    delete from waiting_spans as w using unnest(v_traces, v_ids) as i (trace_id, span_id)
    where w.trace_id = i.trace_id and w.parent_span_id = i.span_id
    returning w.trace_id, w.span_id, w.month
  ),
  children as (
    select r.trace_id, r.span_id, r.month from released as r
    union
    select i.trace_id, i.span_id, i.month from unnest(v_traces, v_ids, v_months) as i (trace_id, span_id, month)
    where (i.trace_id || i.span_id) <> all (coalesce(v_waiting, '{}'))
  )
  select array_agg(c.trace_id), array_agg(c.span_id), array_agg(c.month) into v_child_traces, v_child_ids, v_child_months from children as c;

  with came as materialized (
    select c.trace_id, c.span_id, c.parent_span_id, c.service, c.name, c.started_at, c.duration_ns, c.status = 'error' as failed,
      c.started_at + c.duration_ns / 1000 * interval '1 microsecond' as ended_at
    from unnest(v_traces, v_ids, v_months) as i (trace_id, span_id, month)
    join spans as c on c.trace_id = i.trace_id and c.span_id = i.span_id and c.month = i.month
  ),
  pairs as materialized (
    select c.trace_id, c.started_at, c.duration_ns, c.kind::text as kind, c.service, concat_ws('/', c.service, c.instance) as clock,
      c.status = 'error' as failed, p.started_at as p_started_at, p.duration_ns as p_duration_ns, p.kind::text as p_kind, p.service as p_service,
      concat_ws('/', p.service, p.instance) as p_clock
    from unnest(v_child_traces, v_child_ids, v_child_months) as i (trace_id, span_id, month)
    join spans as c on c.trace_id = i.trace_id and c.span_id = i.span_id and c.month = i.month
    cross join lateral (
      select * from spans as p where p.trace_id = c.trace_id and p.span_id = c.parent_span_id order by p.month desc limit 1) as p
  ),
  traces as (
    insert into trace_summaries as t (trace_id, spans, errors, services, roots, waiting, first_at, last_at)
    select c.trace_id, count(*), count(*) filter (where c.failed), array_agg(distinct c.service order by c.service),
      count(*) filter (where c.parent_span_id is null),
      (select count(*) from waiting_spans as w where w.trace_id = c.trace_id), min(c.started_at), max(c.ended_at)
    from came as c
    group by c.trace_id
    order by c.trace_id
    on conflict (trace_id) do update set
      spans = t.spans + excluded.spans,
      errors = t.errors + excluded.errors,
      services = case when t.services @> excluded.services then t.services
        else array(select distinct s from unnest(t.services || excluded.services) as s order by s) end,
      roots = t.roots + excluded.roots,
      waiting = excluded.waiting,
      first_at = least(t.first_at, excluded.first_at),
      last_at = greatest(t.last_at, excluded.last_at),
      version = t.version + 1
  ),
  minutes as (
    insert into minute_stats as m (minute, kind, service, type, count, errors, histogram)
    select b.minute, 'span', b.service, b.name, sum(b.count), sum(b.errors), jsonb_object_agg(b.bucket, b.count)
    from (
      select date_trunc('minute', c.started_at) as minute, c.service, c.name, histogram_bucket(c.duration_ns / 1000.0) as bucket, count(*) as count,
        count(*) filter (where c.failed) as errors
      from came as c group by 1, 2, 3, 4) as b
    group by b.minute, b.service, b.name
    order by b.minute, b.service, b.name
    on conflict (minute, kind, service, type) do update set
      count = m.count + excluded.count, errors = m.errors + excluded.errors, histogram = merge_histograms(m.histogram, excluded.histogram)
  ),
  dependencies as (
    insert into service_dependencies as d (day, kind, parent, child, calls, errors, histogram)
    select b.day, 'span', b.p_service, b.service, sum(b.count), sum(b.errors), jsonb_object_agg(b.bucket, b.count)
    from (
      select p.started_at::date as day, p.p_service, p.service, histogram_bucket(p.duration_ns / 1000.0) as bucket, count(*) as count,
        count(*) filter (where p.failed) as errors
      from pairs as p where p.p_service <> p.service group by 1, 2, 3, 4) as b
    group by b.day, b.p_service, b.service
    order by b.day, b.p_service, b.service
    on conflict (day, kind, parent, child) do update set
      calls = d.calls + excluded.calls, errors = d.errors + excluded.errors, histogram = merge_histograms(d.histogram, excluded.histogram)
  )
  -- As NTP has it: the offset is the mean of how far both ends are apart, the doubt is half of what the request took beyond the response.
  insert into clock_offsets as o (parent, child, hour, offset_us, uncertainty_us, samples)
  select distinct on (s.p_clock, s.clock, s.hour) s.p_clock, s.clock, s.hour, s.offset_us, s.uncertainty_us,
    count(*) over (partition by s.p_clock, s.clock, s.hour)
  from (
    select p.p_clock, p.clock, date_trunc('hour', p.p_started_at) as hour,
      round(extract(epoch from p.started_at - p.p_started_at) * 1e6 + (p.duration_ns - p.p_duration_ns) / 2000.0)::bigint as offset_us,
      round((p.p_duration_ns - p.duration_ns) / 2000.0)::bigint as uncertainty_us
    from pairs as p
    where p.p_kind = 'client' and p.kind = 'server' and p.p_clock <> p.clock and p.duration_ns <= p.p_duration_ns) as s
  order by s.p_clock, s.clock, s.hour, s.uncertainty_us
  on conflict (parent, child, hour) do update set
    offset_us = case when excluded.uncertainty_us < o.uncertainty_us then excluded.offset_us else o.offset_us end,
    uncertainty_us = least(o.uncertainty_us, excluded.uncertainty_us),
    samples = o.samples + excluded.samples;

  return query select cardinality(v_traces);
end
$$;
