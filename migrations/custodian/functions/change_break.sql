-- What people make of a break; null stays as it is.
-- ok | same | unknown-break | stale-version | illegal-transition
create or replace function change_break(
  p_id text, p_state text, p_owner_id text, p_note text, p_version bigint, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  b breaks;
begin
  select * into b from breaks where id = p_id for no key update;
  outcome := case
    when b.id is null then 'unknown-break'
    when (coalesce(p_state, b.state), coalesce(p_owner_id, b.owner_id), coalesce(p_note, b.note))
      is not distinct from (b.state, b.owner_id, b.note) then 'same'
    when p_version <> b.version then 'stale-version'
    -- Closed by a run alone: when it is gone.
    when b.state = 'closed' or p_state <> b.state and not exists (
      select from transitions where machine = 'break' and from_status = b.state and to_status = p_state) then 'illegal-transition'
    else 'ok'
  end;
  if outcome = 'ok' then
    update breaks set state = coalesce(p_state, state), owner_id = coalesce(p_owner_id, owner_id), note = coalesce(p_note, note), version = version + 1,
      recorded_at = clock_timestamp()
    where id = p_id;
    perform append_break_event(p_id, p_at, p_event_id, p_context);
  end if;
  return next;
end
$$;
