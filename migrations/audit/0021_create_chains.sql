-- What follows from what: derived from the trail, and to be derived again from it at any time.

-- How far each projection has read the trail. The row is locked by whoever works on it, and moves in the transaction of what was derived.
create table projections (
  name text primary key,
  position bigint not null default 0 check (position >= 0),
  updated_at timestamptz not null default clock_timestamp()
);
insert into projections (name) values ('chains'), ('timelines'), ('spans');

create domain link_kind as text check (value in ('caused-by', 'follows-from', 'links'));

-- One row for each parent that an event names. A parent that is not in the trail yet, or is a command and never will be, has no position.
create table event_links (
  effect_position bigint not null,
  cause_id text not null,
  kind link_kind not null,
  cause_position bigint,
  -- Who says so, where it is not the event itself.
  actor text,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (effect_position, kind, cause_id),
  constraint event_links_no_event_causes_itself check (cause_position <> effect_position)
);
create index event_links_effects on event_links (cause_position) where cause_position is not null;
create index event_links_waiting on event_links (cause_id) where cause_position is null;

-- Of the causes that events themselves name; one row.
create table chain_totals (
  singleton boolean primary key default true check (singleton),
  linked bigint not null default 0 check (linked >= 0),
  unresolved bigint not null default 0 check (unresolved >= 0),
  roots bigint not null default 0 check (roots >= 0)
);
insert into chain_totals default values;

-- A trace as far as its events and spans are known; grows with each of them.
create table trace_summaries (
  trace_id text primary key,
  events bigint not null default 0,
  spans bigint not null default 0,
  errors bigint not null default 0,
  -- Sources of its events and services of its spans, in text order.
  services text[] not null,
  -- Spans without a parent, and spans whose parent has not arrived.
  roots integer not null default 0,
  waiting integer not null default 0 check (waiting >= 0),
  first_at timestamptz not null,
  last_at timestamptz not null,
  version bigint not null default 1
);
create index trace_summaries_last_at on trace_summaries (last_at);

-- Spans whose parent has not arrived.
create table waiting_spans (
  trace_id text not null,
  parent_span_id text not null,
  span_id text not null,
  month timestamptz not null,
  primary key (trace_id, parent_span_id, span_id, month)
);
