create domain issue_type as text check (value in ('product', 'automation', 'system', 'to-investigate', 'no-defect'));

-- The report of a run as a tree of what was tested. case_hash is the test's full name with its parameters: its history over all runs.
create table report_items (
  run_id text not null references runs,
  id entity_id not null,
  parent_id text,
  n integer not null check (n > 0),
  type text not null check (type in ('suite', 'test', 'step')),
  name text not null check (length(name) between 1 and 500),
  status text not null check (status in ('passed', 'failed', 'skipped', 'error')),
  case_hash text not null,
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
  retry_of text,
  error text check (length(error) <= 4000),
  started_at timestamptz not null,
  ended_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, id),
  foreign key (run_id, parent_id) references report_items (run_id, id),
  foreign key (run_id, retry_of) references report_items (run_id, id),
  check (ended_at >= started_at),
  check (parent_id <> id and retry_of <> id)
);
select make_append_only('report_items');
create index report_items_case on report_items (case_hash, started_at desc, run_id, id);

-- What a person, or a rule, found to be behind a failure; the newest counts, and none is forgotten.
create table triages (
  run_id text not null,
  item_id text not null,
  n integer not null check (n > 0),
  issue_type issue_type not null,
  comment text check (length(comment) <= 2000),
  ticket text check (length(ticket) <= 500),
  automatic boolean not null,
  actor text,
  triaged_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, item_id, n),
  foreign key (run_id, item_id) references report_items (run_id, id)
);
select make_append_only('triages');

-- A failure whose error matches is of this type, until a person says otherwise.
create table triage_rules (
  id entity_id primary key,
  pattern text not null check (length(pattern) between 1 and 500),
  issue_type issue_type not null,
  ticket text check (length(ticket) <= 500),
  recorded_at timestamptz not null default clock_timestamp()
);

-- By month of business time. What a protected run logged is kept when its month is retired.
create table logs (
  run_id text not null,
  item_id text,
  n bigint not null check (n > 0),
  level text not null check (level in ('debug', 'info', 'warn', 'error')),
  text text not null check (length(text) <= 10000),
  attachment jsonb,
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, n, at)
) partition by range (at);
select make_append_only('logs');
select ensure_partitions('logs', clock_timestamp() + interval '2 months');

create table kept_logs (like logs including defaults including constraints, primary key (run_id, n));
select make_append_only('kept_logs');
create view all_logs as
select run_id, item_id, n, level, text, attachment, at from logs
union all
select run_id, item_id, n, level, text, attachment, at from kept_logs as k
where not exists (select from logs as l where l.run_id = k.run_id and l.n = k.n and l.at = k.at);

-- How a test fared lately: outcomes, and how often it changed between passing and failing, which is what makes a test flaky.
create view case_histories as
select case_hash, (array_agg(name order by started_at desc))[1] as name, count(*) as runs,
  count(*) filter (where status = 'passed') as passed,
  count(*) filter (where status in ('failed', 'error')) as failed,
  count(*) filter (where (status = 'passed') <> (earlier = 'passed')) as flips,
  (array_agg(status order by started_at desc, run_id, id))[1:20] as last_outcomes,
  min(started_at) filter (where status in ('failed', 'error')) as first_failed_at,
  max(started_at) as last_at
from (
  select i.*, lag(status) over (partition by case_hash order by started_at, run_id, id) as earlier
  from report_items as i where status <> 'skipped' and type <> 'suite' and retry_of is null) as history
group by case_hash;
