-- When what was traded at p_at, of these assets, settles p_cycle business days later: the later date of all their calendars, rolled on to
-- a day that is a business day in each. A trade after a calendar's cut-off, or on no business day, is of the next business day there.
-- The answer is the same for each moment from valid_from until before valid_until. No row: outside of what a calendar covers.
create or replace function settlement_date(p_assets text[], p_at timestamptz, p_cycle integer) returns table (
  intended_date date, opens_at timestamptz, cuts_off_at timestamptz, calendar_versions jsonb, valid_from timestamptz, valid_until timestamptz
)
language plpgsql
stable
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_calendar record;
  v_ids text[] := '{}';
  v_versions integer[] := '{}';
  v_n integer;
  v_from timestamptz;
  v_until timestamptz;
  v_day date;
  v_common date;
begin
  for v_calendar in
    select c.id, c.version, c.first_day::timestamp at time zone c.tz as begins_at
    from (select distinct coalesce((select calendar_id from asset_calendars where asset = i), 'always-open') as id from unnest(p_assets) as i) as d
    cross join lateral (select * from calendars where id = d.id order by version desc limit 1) as c
  loop
    -- Compared as rows, so that no index but the one in this order will do.
    select case when b.calendar_id = v_calendar.id and b.version = v_calendar.version then b.n end, b.cuts_off_at into v_n, v_until
    from business_days as b where (b.calendar_id, b.version, b.cuts_off_at) > (v_calendar.id, v_calendar.version, p_at)
    order by b.calendar_id, b.version, b.cuts_off_at limit 1;
    v_from := v_calendar.begins_at;
    if v_n > 1 then
      v_from := (select b.cuts_off_at from business_days as b
        where (b.calendar_id, b.version, b.n) >= (v_calendar.id, v_calendar.version, v_n - 1) order by b.calendar_id, b.version, b.n limit 1);
    end if;
    select case when b.calendar_id = v_calendar.id and b.version = v_calendar.version then b.day end into v_day
    from business_days as b where (b.calendar_id, b.version, b.n) >= (v_calendar.id, v_calendar.version, v_n + p_cycle)
    order by b.calendar_id, b.version, b.n limit 1;
    if v_day is null or p_at < v_from then
      return;
    end if;
    intended_date := greatest(intended_date, v_day);
    valid_from := greatest(valid_from, v_from);
    valid_until := least(valid_until, v_until);
    v_ids := v_ids || v_calendar.id;
    v_versions := v_versions || v_calendar.version;
  end loop;
  while cardinality(v_ids) > 1 loop
    -- Null where a calendar has no such day any more.
    select case when count(c.day) = cardinality(v_ids) then max(c.day) end into v_common
    from unnest(v_ids, v_versions) as v (id, version)
    cross join lateral (select case when b.calendar_id = v.id and b.version = v.version then b.day end as day from business_days as b
      where (b.calendar_id, b.version, b.day) >= (v.id, v.version, intended_date) order by b.calendar_id, b.version, b.day limit 1) as c;
    if v_common is null then
      return;
    end if;
    exit when v_common = intended_date;
    intended_date := v_common;
  end loop;
  select max(b.opens_at), max(b.cuts_off_at), jsonb_object_agg(v.id, v.version) into opens_at, cuts_off_at, calendar_versions
  from unnest(v_ids, v_versions) as v (id, version)
  cross join lateral (select b.opens_at, b.cuts_off_at from business_days as b
    where (b.calendar_id, b.version, b.day) >= (v.id, v.version, intended_date) order by b.calendar_id, b.version, b.day limit 1) as b;
  return next;
end
$$;
