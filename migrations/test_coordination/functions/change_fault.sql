-- A step of a fault by the coordinator of its run. Undoing is never refused for the run's end: it is what ends it.
-- ok | same | unknown-fault | stale-fence | illegal-transition and those of admit_run_write
create or replace function change_fault(
  p_fault_id text, p_fence bigint, p_state text, p_reason text, p_undo_after timestamptz, p_data_loss_count bigint, p_at timestamptz, p_event_id text,
  p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_run_id text;
  v_fault faults;
begin
  select run_id into v_run_id from faults where id = p_fault_id;
  if v_run_id is null then
    outcome := 'unknown-fault';
    return next;
    return;
  end if;
  if p_state = 'injecting' then
    outcome := admit_run_write(v_run_id, p_fence);
  else
    -- The run before the fault, in one order everywhere.
    perform from runs where id = v_run_id for no key update;
    if p_fence is not null and exists (select from runs where id = v_run_id and fence > p_fence) then
      outcome := 'stale-fence';
    end if;
  end if;
  if outcome is null then
    select * into v_fault from faults where id = p_fault_id for no key update;
    outcome := case
      when v_fault.state = p_state and p_state <> 'undoing' then 'same'
      when v_fault.state = 'undoing' and p_state = 'undoing' and p_reason is not distinct from v_fault.reason then 'same'
      when not exists (select from transitions where machine = 'fault' and from_status = v_fault.state and to_status = p_state) then 'illegal-transition'
      else 'ok'
    end;
  end if;
  if outcome = 'ok' then
    update faults set state = p_state, reason = p_reason, fence = greatest(fence, p_fence), version = version + 1,
      injected_at = case when p_state = 'injected' then coalesce(injected_at, p_at) else injected_at end,
      undo_attempts = undo_attempts + (p_state = 'undoing')::integer,
      undo_after = case when p_state = 'undoing' then p_undo_after end,
      data_loss_count = coalesce(p_data_loss_count, data_loss_count),
      ended_at = case when p_state in ('undone', 'withdrawn') then greatest(p_at, injected_at) end
    where id = p_fault_id;
    perform append_fault_event(p_fault_id, p_at, p_event_id, p_context);
  end if;
  return next;
end
$$;
