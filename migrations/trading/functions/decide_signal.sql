-- ok | same | unknown-signal | already-decided
create or replace function decide_signal(
  p_id text, p_outcome text, p_reason text, p_check_id text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  s signals;
begin
  select * into s from signals where id = p_id for no key update;
  outcome := case
    when s.id is null then 'unknown-signal'
    when s.outcome = p_outcome and s.reason is not distinct from p_reason and s.check_id is not distinct from p_check_id then 'same'
    when not exists (select from transitions where machine = 'signal' and from_status = s.outcome and to_status = p_outcome) then 'already-decided'
    else 'ok'
  end;
  if outcome = 'ok' then
    update signals set outcome = p_outcome, reason = p_reason, check_id = p_check_id, decided_at = p_at, version = version + 1
    where id = p_id returning * into s;
    perform append_signal_event(s, p_event_id, p_context);
  end if;
  return next;
end
$$;
