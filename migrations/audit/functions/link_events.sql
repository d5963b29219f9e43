-- Says that one event follows from another in a way that it does not name itself.
-- ok | unknown-event | self-caused
create or replace function link_events(p_effect bigint, p_cause bigint, p_kind text, p_actor text) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_cause_id text;
begin
  if p_effect = p_cause then
    return query select 'self-caused';
    return;
  end if;
  select e.event_id into v_cause_id from events as e where e.position = p_cause;
  if v_cause_id is null or not exists (select from events as e where e.position = p_effect) then
    return query select 'unknown-event';
    return;
  end if;
  insert into event_links (effect_position, cause_id, kind, cause_position, actor)
  values (p_effect, v_cause_id, p_kind, p_cause, p_actor)
  on conflict do nothing;
  return query select 'ok';
end
$$;
