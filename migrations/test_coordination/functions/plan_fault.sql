-- Writes a fault down before anybody injects it.
-- ok | same | id-conflict | must-end-in-future and those of admit_run_write
create or replace function plan_fault(
  p_id text, p_run_id text, p_fence bigint, p_path text, p_target text, p_kind text, p_params jsonb, p_undo jsonb, p_must_end_by timestamptz,
  p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
begin
  outcome := admit_run_write(p_run_id, p_fence);
  if outcome is null then
    select request_hash into v_hash from faults where id = p_id;
    outcome := case
      when v_hash = p_request_hash then 'same'
      when v_hash is not null then 'id-conflict'
      when p_must_end_by <= p_at then 'must-end-in-future'
      else 'ok'
    end;
    if outcome = 'ok' then
      insert into faults (id, run_id, fence, path, target, kind, params, undo, request_hash, planned_at, must_end_by)
      values (p_id, p_run_id, p_fence, p_path, p_target, p_kind, p_params, p_undo, p_request_hash, p_at, p_must_end_by)
      on conflict (id) do nothing;
      if found then
        perform append_fault_event(p_id, p_at, p_event_id, p_context);
      else
        outcome := 'id-conflict';
      end if;
    end if;
  end if;
  return next;
end
$$;
