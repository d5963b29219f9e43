-- Counts and times by minute, by dependency, and how far clocks are apart: derived from the trail and from spans.
create domain observed_kind as text check (value in ('event', 'span'));

-- Microseconds in buckets that grow by 2 %: a quantile is off by 1 % at most, and histograms add up. Bucket n holds (1.02^(n-1), 1.02^n].
create function histogram_bucket(p_us double precision) returns integer
language sql
immutable
parallel safe
return case when p_us <= 1 then 0 else ceil(ln(p_us) / ln(1.02::double precision))::integer end;

-- Events by business time, with the time since their cause; spans by their start, with how long they took.
create table minute_stats (
  minute timestamptz not null,
  kind observed_kind not null,
  service text not null,
  type text not null,
  count bigint not null check (count > 0),
  errors bigint not null check (errors between 0 and count),
  -- How many of them a time is known of: {"bucket": count}.
  histogram jsonb not null default '{}',
  primary key (minute, kind, service, type)
);
create index minute_stats_service on minute_stats (service, minute);

-- By day (UTC, of the database): an event caused by one of another source, a span within one of another service.
create table service_dependencies (
  day date not null,
  kind observed_kind not null,
  parent text not null,
  child text not null,
  calls bigint not null check (calls > 0),
  errors bigint not null check (errors between 0 and calls),
  histogram jsonb not null default '{}',
  primary key (day, kind, parent, child)
);

-- How far the clock of `child` is ahead of that of `parent`, from a request seen on both sides: of each hour the pair of spans that leaves
-- the least doubt. A clock is that of a service, or of its instance where one is named.
create table clock_offsets (
  parent text not null,
  child text not null,
  hour timestamptz not null,
  offset_us bigint not null,
  uncertainty_us bigint not null check (uncertainty_us >= 0),
  samples bigint not null check (samples > 0),
  primary key (parent, child, hour)
);
