-- What is not as it should be, found once: a span of a series, and what shows it.
create domain finding_kind as text check (value in ('gap', 'lost', 'outlier', 'negative-spread', 'stale', 'out-of-order', 'zero-price'));

create table quality_findings (
  id text primary key,
  symbol text not null references instruments,
  kind finding_kind not null,
  series text not null check (length(series) between 1 and 200),
  during tstzrange not null check (not isempty(during) and not lower_inf(during) and not upper_inf(during)),
  evidence jsonb not null default '{}',
  found_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint quality_findings_once unique (symbol, kind, series, during)
);
create index quality_findings_found on quality_findings (found_at, id);
select make_append_only('quality_findings');

-- How long the months of a table are kept; without a policy, for good.
create table retention_policies (
  table_name text primary key check (table_name in ('trades', 'candles', 'price_ticks', 'quote_minutes')),
  keep_days integer not null check (keep_days > 0),
  version bigint not null default 1,
  updated_at timestamptz not null default clock_timestamp()
);
