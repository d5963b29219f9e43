-- Keeps the log records of a batch; one that is there already is the same one. One outcome a member, in order.
-- ok | too-old | in-the-future
create or replace function record_logs(p_logs jsonb, p_kept interval) returns table (outcome text)
language plpgsql
set search_path from current
set timezone = 'UTC'
as $$
declare
  v_now constant timestamptz := clock_timestamp();
  v_oldest constant timestamptz := v_now - p_kept;
  v_newest constant timestamptz := v_now + interval '1 day';
begin
  insert into logs (log_id, month, service, instance, at, severity, body, attributes, trace_id, span_id, recorded_at)
  select g.log_id, date_trunc('month', g.at), g.service, g.instance, g.at, g.severity, g.body, g.attributes, g.trace_id, g.span_id, v_now
  from jsonb_to_recordset(p_logs) as g (
    log_id text, service text, instance text, at timestamptz, severity smallint, body text, attributes jsonb, trace_id text, span_id text)
  where g.at between v_oldest and v_newest
  order by g.log_id
  on conflict do nothing;

  return query
  select case when g.at < v_oldest then 'too-old' when g.at > v_newest then 'in-the-future' else 'ok' end
  from rows from (jsonb_to_recordset(p_logs) as (at timestamptz)) with ordinality as g (at, n)
  order by g.n;
end
$$;
