-- Rules by which events belong together, in versions that never change, and what they found.
create domain correlation_kind as text check (value in ('same-id', 'same-order', 'time-window', 'sequence'));

create table correlation_rules (
  rule_id text not null check (length(rule_id) between 1 and 64),
  version integer not null check (version > 0),
  kind correlation_kind not null,
  definition jsonb not null check (jsonb_typeof(definition) = 'object'),
  request_hash text not null,
  defined_at timestamptz not null,
  actor text,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (rule_id, version)
);
select make_append_only('correlation_rules');

-- A finding is known by the hash of the events it is made of: the same rule over the same events finds it once, however often it runs.
create table correlations (
  rule_id text not null,
  rule_version integer not null,
  input_hash text not null,
  correlation_key text not null,
  confidence double precision not null check (confidence > 0 and confidence <= 1),
  positions bigint[] not null check (cardinality(positions) > 1),
  evidence jsonb not null check (jsonb_typeof(evidence) = 'object'),
  first_at timestamptz not null,
  last_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (rule_id, rule_version, input_hash),
  foreign key (rule_id, rule_version) references correlation_rules
);
create index correlations_positions on correlations using gin (positions);
create index correlations_key on correlations (correlation_key, last_at);
create index correlations_last_at on correlations (last_at, rule_id, rule_version, input_hash);
select make_append_only('correlations');

-- Events of one key that may still be joined by others: what a rule remembers from one batch to the next.
create table open_correlations (
  rule_id text not null,
  rule_version integer not null,
  correlation_key text not null,
  members jsonb not null check (jsonb_typeof(members) = 'array'),
  last_at timestamptz not null,
  primary key (rule_id, rule_version, correlation_key)
);
create index open_correlations_last_at on open_correlations (rule_id, rule_version, last_at);
