-- The next version of a calendar, from the first on.
-- ok | same | id-conflict | not-the-next-version | unknown-time-zone | no-business-day
create or replace function define_calendar(
  p_id text, p_version integer, p_tz text, p_cutoff time, p_weekend integer[], p_first_day date, p_last_day date, p_days date[], p_names text[],
  p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
  v_last integer;
begin
  select c.request_hash into v_hash from calendars as c where c.id = p_id and c.version = p_version;
  v_last := coalesce((select max(c.version) from calendars as c where c.id = p_id), 0);
  outcome := case
    when v_hash is not null then case when v_hash = p_request_hash then 'same' else 'id-conflict' end
    when p_version <> v_last + 1 then 'not-the-next-version'
    when not exists (select from pg_timezone_names where name = p_tz) then 'unknown-time-zone'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into calendars (id, version, tz, cutoff, weekend, first_day, last_day, request_hash, defined_at)
    values (p_id, p_version, p_tz, p_cutoff, p_weekend, p_first_day, p_last_day, p_request_hash, p_at)
    on conflict do nothing;
    if not found then
      select c.request_hash into v_hash from calendars as c where c.id = p_id and c.version = p_version;
      outcome := case when v_hash = p_request_hash then 'same' else 'id-conflict' end;
      return next;
      return;
    end if;
    insert into calendar_holidays (calendar_id, version, day, name)
    select p_id, p_version, h.day, h.name from unnest(p_days, p_names) as h (day, name);
    perform fill_business_days(p_id, p_version);
    perform append_event(p_event_id, 'calendar.defined', 'calendar', p_id, p_version, jsonb_build_object('calendarId', p_id,
      'calendarVersion', p_version, 'timeZone', p_tz, 'cutoff', to_char(p_cutoff, 'HH24:MI'), 'firstDay', p_first_day, 'lastDay', p_last_day,
      'holidays', cardinality(p_days)), p_at, p_context);
  end if;
  return next;
end
$$;
