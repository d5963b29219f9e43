-- Which days are business days where, and until what time a trade still counts as of its day. Versions are never changed: an
-- instruction keeps the versions that its date was found with.
create table calendars (
  id text not null check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  version integer not null check (version > 0),
  tz text not null,
  -- Local; 24:00 is the end of the day.
  cutoff time not null,
  -- ISO days of the week: 1 is Monday, 7 is Sunday.
  weekend integer[] not null check (weekend <@ array[1, 2, 3, 4, 5, 6, 7] and cardinality(weekend) < 7),
  first_day date not null,
  last_day date not null,
  request_hash text not null,
  defined_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (id, version),
  constraint calendars_range check (last_day >= first_day and last_day < first_day + 25000)
);
select make_append_only('calendars');

create table calendar_holidays (
  calendar_id text not null,
  version integer not null,
  day date not null,
  name text not null check (length(name) between 1 and 100),
  primary key (calendar_id, version, day),
  foreign key (calendar_id, version) references calendars (id, version)
);
select make_append_only('calendar_holidays');

-- The business days of a calendar, numbered without gaps: n days later is the row n further, and an age is a difference. Filled from it
-- alone, so that it needs no reference to it.
create table business_days (
  calendar_id text not null,
  version integer not null,
  n integer not null,
  day date not null,
  opens_at timestamptz not null,
  cuts_off_at timestamptz not null check (cuts_off_at > opens_at),
  primary key (calendar_id, version, n),
  constraint business_days_day_key unique (calendar_id, version, day),
  constraint business_days_cutoff_key unique (calendar_id, version, cuts_off_at)
);
select make_append_only('business_days');

-- An asset without a calendar of its own is settled around the clock.
create table asset_calendars (
  asset asset_code primary key,
  calendar_id text not null,
  version bigint not null default 1,
  recorded_at timestamptz not null default clock_timestamp()
);

create function fill_business_days(p_calendar_id text, p_version integer) returns void
language sql
set search_path from current
as $$
  insert into business_days (calendar_id, version, n, day, opens_at, cuts_off_at)
  select c.id, c.version, row_number() over (order by d.day), d.day, d.day::timestamp at time zone c.tz, (d.day + c.cutoff) at time zone c.tz
  from calendars as c
  cross join lateral (select c.first_day + i as day from generate_series(0, c.last_day - c.first_day) as i) as d
  where c.id = p_calendar_id and c.version = p_version and extract(isodow from d.day) <> all (c.weekend)
    and not exists (select from calendar_holidays as h where h.calendar_id = c.id and h.version = c.version and h.day = d.day)
$$;

insert into calendars (id, version, tz, cutoff, weekend, first_day, last_day, request_hash, defined_at)
values ('always-open', 1, 'UTC', '24:00', '{}', '1990-01-01', '2050-12-31', 'default', clock_timestamp());
select fill_business_days('always-open', 1);
