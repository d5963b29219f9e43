-- When somebody noticed a fault that was injected; the first time counts.
-- ok | same | unknown-fault | not-injected
create or replace function detect_fault(p_fault_id text, p_at timestamptz) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_fault faults;
begin
  select * into v_fault from faults where id = p_fault_id for no key update;
  outcome := case
    when v_fault.id is null then 'unknown-fault'
    when v_fault.injected_at is null or p_at < v_fault.injected_at then 'not-injected'
    when v_fault.detected_at <= p_at then 'same'
    else 'ok'
  end;
  if outcome = 'ok' then
    update faults set detected_at = p_at where id = p_fault_id;
  end if;
  return next;
end
$$;
