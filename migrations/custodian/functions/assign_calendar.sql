-- ok | same | unknown-calendar
create or replace function assign_calendar(p_asset text, p_calendar_id text, p_at timestamptz, p_event_id text, p_context write_context)
returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_version bigint;
begin
  if not exists (select from calendars as c where c.id = p_calendar_id) then
    return query select 'unknown-calendar';
    return;
  end if;
  insert into asset_calendars as a (asset, calendar_id) values (p_asset, p_calendar_id)
  on conflict (asset) do update set calendar_id = excluded.calendar_id, version = a.version + 1, recorded_at = clock_timestamp()
    where a.calendar_id <> excluded.calendar_id
  returning a.version into v_version;
  if v_version is not null then
    perform append_event(p_event_id, 'calendar.assigned', 'asset-calendar', p_asset, v_version,
      jsonb_build_object('asset', p_asset, 'calendarId', p_calendar_id), p_at, p_context);
  end if;
  return query select case when v_version is null then 'same' else 'ok' end;
end
$$;
