-- p_action: hold | release | prioritize | cancel | delay. p_version null means any. A delay is for a test run and its fence; without
-- p_until it ends. What is settled, cancelled or netted changes no more.
-- ok | same | unknown-settlement | unknown-leg | stale-version | stale-fence | settlement-closed
create or replace function change_settlement(
  p_id text, p_version bigint, p_action text, p_priority integer, p_leg integer, p_until timestamptz, p_reason text, p_run_id text, p_fence bigint,
  p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  s settlement_instructions;
  v_delayed_until timestamptz;
begin
  select * into s from settlement_instructions as i where i.id = p_id for no key update;
  outcome := case
    when s.id is null then 'unknown-settlement'
    when p_action = 'cancel' and s.status = 'cancelled' then 'same'
    when s.status in ('settled', 'cancelled', 'netted') then 'settlement-closed'
    when p_version <> s.version then 'stale-version'
    when p_action = 'hold' and s.on_hold or p_action = 'release' and not s.on_hold or p_action = 'prioritize' and s.priority = p_priority then 'same'
    when p_action = 'delay' and not exists (select from settlement_legs as l where l.instruction_id = p_id and l.n = p_leg) then 'unknown-leg'
    when p_action = 'delay' and not raise_fence(p_run_id, p_fence) then 'stale-fence'
    else 'ok'
  end;
  if outcome = 'ok' and p_action = 'delay' then
    if p_until is null then
      delete from settlement_delays as d where d.instruction_id = p_id and d.n = p_leg;
    else
      insert into settlement_delays (instruction_id, n, until, run_id, fence) values (p_id, p_leg, p_until, p_run_id, p_fence)
      on conflict (instruction_id, n) do update set until = excluded.until, run_id = excluded.run_id, fence = excluded.fence;
    end if;
    v_delayed_until := (select max(d.until) from settlement_delays as d where d.instruction_id = p_id);
    if v_delayed_until is not distinct from s.delayed_until then
      outcome := 'same';
    end if;
  end if;
  if outcome = 'ok' then
    case p_action
      when 'hold' then
        s.on_hold := true;
        s.next_attempt_at := case when s.cuts_off_at > p_at then s.cuts_off_at end;
      when 'release' then
        s.on_hold := false;
        s.next_attempt_at := s.due_at;
      when 'prioritize' then
        s.priority := p_priority;
      when 'cancel' then
        s.status := 'cancelled';
        s.closed_at := p_at;
        s.next_attempt_at := null;
      when 'delay' then
        s.delayed_until := v_delayed_until;
        s.next_attempt_at := case when not s.on_hold then s.due_at else s.next_attempt_at end;
        p_context.run_id := p_run_id;
        p_context.fence := p_fence;
    end case;
    s.version := s.version + 1;
    update settlement_instructions as i set on_hold = s.on_hold, priority = s.priority, status = s.status, closed_at = s.closed_at,
      next_attempt_at = s.next_attempt_at, delayed_until = s.delayed_until, version = s.version, recorded_at = clock_timestamp()
    where i.id = p_id;
    if p_action = 'cancel' then
      update settlement_fails as f set ended_at = greatest(p_at, f.failed_at) where f.instruction_id = p_id and f.ended_at is null;
    end if;
    perform append_settlement_change(s, case p_action when 'hold' then 'held' when 'release' then 'released' when 'prioritize' then 'prioritized'
      when 'cancel' then 'cancelled' else 'delayed' end, p_reason, p_at, p_event_id, p_context);
  end if;
  return next;
end
$$;
