-- Spans and logs of the services, as OpenTelemetry sends them: beside the trail, not chained, and dropped with their month. The month
-- of its start is a part of the key: within it a span is known by its ids, however often it is sent.
create domain span_kind as text check (value in ('internal', 'server', 'client', 'producer', 'consumer'));
create domain span_status as text check (value in ('unset', 'ok', 'error'));

create table spans (
  trace_id text not null check (length(trace_id) = 32),
  span_id text not null check (length(span_id) = 16),
  month timestamptz not null,
  parent_span_id text check (length(parent_span_id) = 16),
  service text not null,
  instance text,
  name text not null,
  kind span_kind not null,
  started_at timestamptz not null,
  duration_ns bigint not null check (duration_ns >= 0),
  status span_status not null,
  status_message text,
  attributes jsonb not null check (jsonb_typeof(attributes) = 'object'),
  links jsonb not null check (jsonb_typeof(links) = 'array'),
  events jsonb not null check (jsonb_typeof(events) = 'array'),
  content_hash text not null,
  recorded_at timestamptz not null,
  primary key (trace_id, span_id, month),
  constraint spans_month_is_that_of_the_start check (month = date_trunc('month', started_at at time zone 'UTC') at time zone 'UTC')
) partition by range (month);
create index spans_service on spans (service, started_at);
create index spans_started on spans using brin (started_at);
select make_append_only('spans');
select ensure_partitions('spans', clock_timestamp() + interval '6 months');

-- OpenTelemetry gives a log record no id: its id is the hash of its content, and of its place among equals of one request.
create table logs (
  log_id text not null,
  month timestamptz not null,
  service text not null,
  instance text,
  at timestamptz not null,
  severity smallint check (severity between 1 and 24),
  body text not null,
  attributes jsonb not null check (jsonb_typeof(attributes) = 'object'),
  trace_id text check (length(trace_id) = 32),
  span_id text check (length(span_id) = 16),
  recorded_at timestamptz not null,
  primary key (log_id, month),
  constraint logs_month_is_that_of_the_record check (month = date_trunc('month', at at time zone 'UTC') at time zone 'UTC')
) partition by range (month);
create index logs_service on logs (service, at);
create index logs_trace on logs (trace_id) where trace_id is not null;
create index logs_at on logs using brin (at);
select make_append_only('logs');
select ensure_partitions('logs', clock_timestamp() + interval '6 months');

-- Spans that no projection has seen yet: a worker takes them out in the transaction that accounts for them.
create table span_arrivals (
  id bigint generated always as identity primary key,
  trace_id text not null,
  span_id text not null,
  month timestamptz not null
);

-- Drops the months of spans and logs that ended before a moment of the past, and answers how many partitions went.
create function forget_telemetry(p_before timestamptz) returns integer
language plpgsql
security definer
set search_path from current
set timezone = 'UTC'
set lock_timeout = '2s'
as $$
declare
  v_partition text;
  v_dropped integer := 0;
begin
  for v_partition in
    select partition_name from partitions
    where table_name in ('spans', 'logs') and upper_bound <= least(p_before, clock_timestamp())
    order by partition_name
  loop
    execute format('drop table %I', v_partition);
    v_dropped := v_dropped + 1;
  end loop;
  -- Whose parents have not come by now: they are gone themselves.
  delete from waiting_spans where month + interval '1 month' <= least(p_before, clock_timestamp());
  return v_dropped;
end
$$;
