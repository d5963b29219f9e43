-- The event streams that are read into the trail: one a singleton adapter or instance, each from its first event on.
create table sources (
  id text primary key,
  name text not null,
  prefix text not null unique,
  instance text,
  -- The number after which reading began: 0 where everything is read.
  start_after bigint not null default 0 check (start_after >= 0),
  state text not null default 'reading' check (state in ('reading', 'paused')),
  version bigint not null default 1,
  added_at timestamptz not null default clock_timestamp()
);
