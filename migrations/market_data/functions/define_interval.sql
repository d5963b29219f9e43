-- ok | same | id-conflict | unknown-interval
create or replace function define_interval(
  p_name text, p_unit text, p_seconds integer, p_origin timestamptz, p_time_zone text, p_rolled_from text
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_step constant interval := case p_unit when 'fixed' then make_interval(secs => p_seconds) when 'day' then interval '1 day'
    when 'week' then interval '7 days' else interval '1 month' end;
begin
  if p_rolled_from is not null and not exists (select from intervals where name = p_rolled_from) then
    outcome := 'unknown-interval';
    return next;
    return;
  end if;
  insert into intervals (name, unit, step, origin, time_zone, rolled_from)
  values (p_name, p_unit, v_step, p_origin, p_time_zone, p_rolled_from)
  on conflict (name) do nothing;
  if found then
    outcome := 'ok';
  else
    select case when (unit, step, time_zone) = (p_unit, v_step, p_time_zone) and (unit <> 'fixed' or origin = p_origin)
        and rolled_from is not distinct from p_rolled_from then 'same' else 'id-conflict' end
    into outcome from intervals where name = p_name;
  end if;
  return next;
end
$$;
