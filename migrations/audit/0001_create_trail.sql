-- The trail: every event once, numbered under the lock of one row, so that positions are dense and in the order of commit.

-- Core's view reads bounds of time; the trail is partitioned by position, whose bounds are none.
create or replace view partitions as
select parent.relname::text as table_name, child.relname::text as partition_name,
  substring(pg_get_expr(child.relpartbound, child.oid) from $$TO \('(\d{4,}-[^']+)'\)$$)::timestamptz as upper_bound
from pg_inherits as i
join pg_class as parent on parent.oid = i.inhparent and parent.relkind = 'p'
join pg_class as child on child.oid = i.inhrelid
where parent.relnamespace = (select relnamespace from pg_class where oid = 'outbox'::regclass);

-- Whoever appends takes this row first; it is free again when what was appended is committed.
create table trail_head (
  singleton boolean primary key default true check (singleton),
  position bigint not null default 0 check (position >= 0),
  -- Of the last event. Times of the trail never go back, whatever the server's clock does.
  recorded_at timestamptz not null default clock_timestamp()
);
insert into trail_head default values;

-- The first columns, in this order and in PostgreSQL's binary form, are what an event's leaf is the hash of (see trail/leaf.ts).
-- No foreign key points here or from here: a cascade would be a way to change the trail.
create table events (
  position bigint not null check (position > 0),
  recorded_at timestamptz not null,
  source text collate "C" not null,
  source_seq bigint check (source_seq > 0),
  event_id text collate "C" not null,
  type text collate "C" not null,
  schema_version integer not null,
  aggregate text collate "C" not null,
  aggregate_id text collate "C" not null,
  aggregate_version bigint,
  occurred_at timestamptz not null,
  source_recorded_at timestamptz,
  trace_id text collate "C",
  span_id text collate "C",
  correlation_id text collate "C",
  causation_id text collate "C",
  actor text collate "C",
  run_id text collate "C",
  fence bigint,
  answers_source text collate "C",
  answers_seq bigint,
  tags text[] collate "C",
  payload text not null,
  leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
  primary key (position)
) partition by range (position);
create index events_event_id on events (event_id);
create index events_trace_id on events (trace_id) where trace_id is not null;
create index events_correlation_id on events (correlation_id) where correlation_id is not null;
create index events_causation_id on events (causation_id) where causation_id is not null;
create index events_aggregate on events (aggregate_id, aggregate);
create index events_run_id on events (run_id) where run_id is not null;
create index events_tags on events using gin (tags) where tags is not null;
create index events_recorded_at on events using brin (recorded_at);
create index events_occurred_at on events using brin (occurred_at);
select make_append_only('events');

-- The last version of each aggregate whose events say one and come directly. Those of a source are in order by its numbers.
create table aggregate_heads (
  source text collate "C" not null,
  aggregate text collate "C" not null,
  aggregate_id text collate "C" not null,
  version bigint not null check (version > 0),
  primary key (source, aggregate, aggregate_id)
);

-- Another content under an id that is taken: what was offered, beside the event that keeps its place.
create table conflicts (
  id bigint generated always as identity primary key,
  source text not null,
  event_id text not null,
  position bigint not null,
  offered text not null,
  recorded_at timestamptz not null default clock_timestamp()
);
select make_append_only('conflicts');

-- What could not be taken, as it came.
create table quarantine (
  id bigint generated always as identity primary key,
  received text not null,
  reason text not null,
  actor text,
  recorded_at timestamptz not null default clock_timestamp()
);
select make_append_only('quarantine');

-- Partitions of the trail by position, [lower, lower + width); made ahead, attached and not created in place, so that writers go on.
-- A migration, not a function file: what runs with the owner's rights does not change silently.
create function ensure_event_partitions(p_until bigint, p_width bigint) returns bigint
language plpgsql
security definer
set search_path from current
as $$
declare
  v_lower bigint;
  v_name text;
  v_grantee text;
begin
  if p_width not between 1000 and 100000000 then
    raise exception 'a partition of % events', p_width using errcode = 'invalid_parameter_value';
  end if;
  lock table events in share update exclusive mode;
  select coalesce(max(upper_position), 1) into v_lower from event_partitions;
  if p_until > v_lower + 10 * p_width then
    raise exception 'partitions of the trail more than ten ahead' using errcode = 'invalid_parameter_value';
  end if;
  while v_lower <= p_until loop
    v_name := 'events_' || v_lower;
    execute format('create table %I (like events including defaults including constraints including storage)', v_name);
    execute format('alter table events attach partition %I for values from (%s) to (%s)', v_name, v_lower, v_lower + p_width);
    execute format('comment on table %I is %L', v_name, obj_description('events'::regclass, 'pg_class'));
    for v_grantee in
      select distinct case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
      from pg_class as c, aclexplode(c.relacl) as a
      where c.oid = to_regclass(quote_ident(v_name)) and a.grantee <> c.relowner
    loop
      execute format('revoke all on table %I from %s', v_name, v_grantee);
    end loop;
    v_lower := v_lower + p_width;
  end loop;
  return v_lower;
end
$$;

create view event_partitions as
select child.relname::text as partition_name, b.bounds[1]::bigint as lower_position, b.bounds[2]::bigint as upper_position
from pg_inherits as i
join pg_class as child on child.oid = i.inhrelid
cross join lateral regexp_match(pg_get_expr(child.relpartbound, child.oid), $$FROM \('(\d+)'\) TO \('(\d+)'\)$$) as b (bounds)
where i.inhparent = 'events'::regclass;
