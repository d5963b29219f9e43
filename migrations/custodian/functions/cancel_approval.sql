-- By who asked for it. What is asked for by a transfer or a change of policy ends with those.
-- ok | same | unknown-request | not-the-initiator | request-decided | not-cancelable
create or replace function cancel_approval(
  p_id text, p_initiator_id text, p_reason text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  r approval_requests;
begin
  r := lock_approval(p_id);
  outcome := case
    when r.id is null then 'unknown-request'
    when r.initiator_id <> p_initiator_id then 'not-the-initiator'
    when r.status = 'cancelled' then 'same'
    when r.status <> 'pending' then 'request-decided'
    when r.subject_kind = 'transfer' then 'not-cancelable'
    else 'ok'
  end;
  if outcome = 'ok' then
    perform decide_approval(p_id, 'cancelled', p_reason, p_at, p_event_id, null, p_context);
  end if;
  return next;
end
$$;
