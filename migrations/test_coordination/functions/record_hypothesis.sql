-- ok | same | id-conflict and those of admit_run_write. A steady state that does not hold marks its run as deviated.
create or replace function record_hypothesis(
  p_run_id text, p_fence bigint, p_phase text, p_met boolean, p_deviations jsonb, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  outcome := admit_run_write(p_run_id, p_fence);
  if outcome is null then
    insert into hypothesis_results (run_id, phase, met, deviations, fence, verified_at)
    values (p_run_id, p_phase, p_met, p_deviations, p_fence, p_at)
    on conflict do nothing;
    if found then
      outcome := 'ok';
      if not p_met then
        perform mark_deviated(p_run_id, p_at, p_event_id, p_context);
      end if;
    else
      select case when met = p_met and deviations = p_deviations then 'same' else 'id-conflict' end into outcome
      from hypothesis_results where run_id = p_run_id and phase = p_phase;
    end if;
  end if;
  return next;
end
$$;
