create domain severity as text check (value in ('low', 'medium', 'high', 'critical'));
create domain alert_state as text check (value in ('pending', 'firing', 'recovering', 'closed'));
create domain alert_kind as text check (value in ('breach', 'no-data', 'manual'));

create table escalation_policies (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  -- [{ "targets": ["…"], "delayMs": n }]: whom each step tells, and how long it waits for an answer.
  steps jsonb not null check (jsonb_typeof(steps) = 'array' and jsonb_array_length(steps) > 0),
  -- How often it begins anew after the last step; without end where null.
  repeats integer check (repeats >= 0),
  request_hash text not null,
  defined_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
select make_append_only('escalation_policies');

create table alerts (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  dedup_key text not null check (length(dedup_key) between 1 and 200),
  kind alert_kind not null,
  state alert_state not null,
  severity severity not null,
  summary text not null check (length(summary) between 1 and 500),
  -- What silences and inhibit rules match: metric, scope, subject, kind.
  labels jsonb not null,
  policy_id text references escalation_policies,
  steps jsonb not null,
  repeats integer,
  count integer not null default 1 check (count > 0),
  opened_at timestamptz not null,
  fired_at timestamptz,
  recovering_since timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  acknowledged_until timestamptz,
  snoozed_until timestamptz,
  escalated integer not null default 0,
  closed_at timestamptz,
  close_reason text,
  request_hash text,
  run_id text,
  version bigint not null default 1,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint alerts_closed_when_closed check ((state = 'closed') = (closed_at is not null) and (state = 'closed') = (close_reason is not null)),
  constraint alerts_recovering_since check ((state = 'recovering') = (recovering_since is not null)),
  constraint alerts_fired_unless_pending check (fired_at is not null or state in ('pending', 'closed')),
  constraint alerts_acknowledged_by_someone check ((acknowledged_at is null) = (acknowledged_by is null) and (acknowledged_until is null or acknowledged_at is not null))
) with (fillfactor = 80);
create unique index alerts_open_dedup_key on alerts (dedup_key) where state <> 'closed';
create index alerts_opened on alerts (opened_at desc, id desc);
create index alerts_open on alerts (id) where state <> 'closed';
create index alerts_acknowledged_until on alerts (acknowledged_until) where state <> 'closed' and acknowledged_until is not null;

create function refuse_reopening() returns trigger
language plpgsql
set search_path from current
as $$
begin
  raise exception 'a closed alert does not reopen' using errcode = 'object_not_in_prerequisite_state';
end
$$;
create trigger refuse_reopening before update on alerts for each row when (old.state = 'closed' and new.state <> 'closed') execute function refuse_reopening();

create table alert_log (
  alert_id text not null references alerts,
  version bigint not null,
  type text not null check (type in ('opened', 'fired', 'repeated', 'severity-changed', 'recovering', 'acknowledged', 'acknowledgement-expired',
    'snoozed', 'escalated', 'notification-suppressed', 'closed')),
  state alert_state not null,
  severity severity not null,
  details jsonb not null default '{}',
  actor text,
  actor_kind text not null check (actor_kind in ('person', 'monitor')),
  event_id text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (alert_id, version)
);
select make_append_only('alert_log');
create index alert_log_occurred on alert_log (occurred_at);

create table escalation_states (
  alert_id text primary key references alerts,
  step integer not null default 0 check (step >= 0),
  round integer not null default 0 check (round >= 0),
  -- When the step is due; nothing is due while it is null: answered, or at its end.
  next_at timestamptz,
  version bigint not null default 1
);
create index escalation_states_due on escalation_states (next_at) where next_at is not null;

create table notifications (
  id text primary key,
  alert_id text not null references alerts,
  step integer not null,
  round integer not null,
  target text not null,
  body text not null,
  state text not null check (state in ('due', 'claimed', 'delivered', 'failed', 'suppressed')),
  attempts integer not null default 0 check (attempts >= 0),
  -- Delivery is a matter of the host's time, not of business: claims and retries go by the database's clock.
  next_retry timestamptz,
  claimed_until timestamptz,
  fence bigint not null default 0,
  provider_id text,
  last_error text,
  suppressed_by text,
  due_at timestamptz not null,
  delivered_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint notifications_once_a_step unique (alert_id, round, step, target),
  constraint notifications_claimed check ((state = 'claimed') = (claimed_until is not null)),
  constraint notifications_retried_while_due check ((state = 'due') = (next_retry is not null)),
  constraint notifications_delivered check ((state = 'delivered') = (delivered_at is not null) and (state <> 'delivered' or attempts > 0)),
  constraint notifications_suppressed check ((state = 'suppressed') = (suppressed_by is not null))
) with (fillfactor = 80);
create index notifications_due on notifications (next_retry) where state = 'due';
create index notifications_claimed on notifications (claimed_until) where state = 'claimed';

create table silences (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  matchers jsonb not null,
  reason text not null,
  actor text,
  from_at timestamptz not null,
  until_at timestamptz not null,
  ended_at timestamptz,
  request_hash text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint silences_last check (from_at < until_at)
);
-- While an alert matches the source, those that match the target and agree with it in the labels named are not notified of.
create table inhibit_rules (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  source jsonb not null,
  target jsonb not null,
  equal text[] not null,
  ended_at timestamptz,
  request_hash text not null,
  defined_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);

-- Beginnings of what a test run does, to time their detection by.
create table scenario_marks (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  run_id text not null,
  labels jsonb not null,
  began_at timestamptz not null,
  detected_at timestamptz,
  alert_id text references alerts,
  request_hash text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint scenario_marks_detected_by_an_alert check ((detected_at is null) = (alert_id is null))
);
create index scenario_marks_undetected on scenario_marks (began_at) where detected_at is null;
