-- ok | same | unknown-deployment | stale-epoch | stale-sequence
create or replace function save_strategy_state(p_id text, p_epoch bigint, p_sequence bigint, p_state jsonb, p_at timestamptz)
returns table (outcome text, version bigint)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_epoch bigint;
  s strategy_states;
begin
  select epoch into v_epoch from deployments where id = p_id for key share;
  if v_epoch is distinct from p_epoch then
    return query select case when v_epoch is null then 'unknown-deployment' else 'stale-epoch' end, null::bigint;
    return;
  end if;
  insert into strategy_states (deployment_id, epoch, sequence, state, saved_at) values (p_id, p_epoch, p_sequence, p_state, p_at)
  on conflict (deployment_id) do update set epoch = excluded.epoch, sequence = excluded.sequence, state = excluded.state,
    saved_at = excluded.saved_at, version = strategy_states.version + 1, recorded_at = clock_timestamp()
    where (excluded.epoch, excluded.sequence) > (strategy_states.epoch, strategy_states.sequence)
  returning * into s;
  if found then
    return query select 'ok', s.version;
    return;
  end if;
  select * into s from strategy_states where deployment_id = p_id;
  return query select case when s.epoch = p_epoch and s.sequence = p_sequence and s.state = p_state then 'same' else 'stale-sequence' end, s.version;
end
$$;
