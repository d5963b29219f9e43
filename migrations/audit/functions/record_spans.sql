-- Keeps the spans of a batch, each known by its ids within the month of its start. One outcome a member, in order.
-- ok | id-conflict | too-old | in-the-future
create or replace function record_spans(p_spans jsonb, p_kept interval) returns table (outcome text)
language plpgsql
set search_path from current
set timezone = 'UTC'
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_oldest constant timestamptz := v_now - p_kept;
  v_newest constant timestamptz := v_now + interval '1 day';
begin
  with given as (
    select s.*, date_trunc('month', s.started_at) as month
    from jsonb_to_recordset(p_spans) as s (
      trace_id text, span_id text, parent_span_id text, service text, instance text, name text, kind text, started_at timestamptz,
      duration_ns bigint, status text, status_message text, attributes jsonb, links jsonb, events jsonb, content_hash text)
    where s.started_at between v_oldest and v_newest
  ),
  kept as (
    insert into spans (trace_id, span_id, month, parent_span_id, service, instance, name, kind, started_at, duration_ns, status, status_message,
      attributes, links, events, content_hash, recorded_at)
    select g.trace_id, g.span_id, g.month, g.parent_span_id, g.service, g.instance, g.name, g.kind, g.started_at, g.duration_ns, g.status,
      g.status_message, g.attributes, g.links, g.events, g.content_hash, v_now
    from given as g
    order by g.trace_id, g.span_id
    on conflict do nothing
    returning trace_id, span_id, month
  )
  insert into span_arrivals (trace_id, span_id, month) select k.trace_id, k.span_id, k.month from kept as k;

  return query
  select case
    when g.started_at < v_oldest then 'too-old'
    when g.started_at > v_newest then 'in-the-future'
    when s.content_hash = g.content_hash then 'ok'
    else 'id-conflict'
  end
  from rows from (jsonb_to_recordset(p_spans) as (trace_id text, span_id text, started_at timestamptz, content_hash text))
    with ordinality as g (trace_id, span_id, started_at, content_hash, n)
  left join spans as s on s.trace_id = g.trace_id and s.span_id = g.span_id and s.month = date_trunc('month', g.started_at)
  order by g.n;
end
$$;
