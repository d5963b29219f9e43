-- Forgets ids that will never come: their transactions rolled back. It watches who writes to the outbox now; once all of them have
-- ended, what was missing then and is not there either has no writer any more. Answers how many ranges are still missing.
create or replace function forget_missing_events(p_stream text) returns integer
language plpgsql
set search_path from current
as $$
declare
  v publications;
  v_writers text[];
  v_came int8multirange;
begin
  select * into v from publications where stream = p_stream for no key update;
  if not found or isempty(v.missing) then
    return 0;
  end if;
  v_writers := array(
    select distinct virtualtransaction from pg_locks
    where locktype = 'relation' and relation = 'outbox'::regclass and mode = 'RowExclusiveLock' and granted
      and database = (select oid from pg_database where datname = current_database()));
  if not isempty(v.watched) and not v.watched_writers && v_writers then
    -- A commit is visible before its locks are gone, and this statement looks after those.
    select range_agg(int8range(came.id, came.id, '[]')) into v_came
    from unnest(v.watched * v.missing) as gap, lateral (
      select id from outbox where id >= lower(gap) and id < upper(gap) order by id) as came;
    v.missing := v.missing - v.watched + coalesce(v_came, '{}') * v.missing;
    v.watched := '{}';
  end if;
  if isempty(v.watched) then
    v.watched := v.missing;
    v.watched_writers := v_writers;
  end if;
  update publications set missing = v.missing, watched = v.watched, watched_writers = v.watched_writers where stream = p_stream;
  return (select count(*) from unnest(v.missing));
end
$$;
