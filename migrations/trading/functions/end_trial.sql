-- ok | same | unknown-trial | stale-claim | illegal-transition | wrong-objectives | unknown-backtest
create or replace function end_trial(
  p_study_id text, p_n integer, p_claim bigint, p_state text, p_objectives double precision[], p_backtest_id text, p_error text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  t trials;
  v_objectives integer;
begin
  select * into t from trials where study_id = p_study_id and n = p_n for no key update;
  select cardinality(objectives) into v_objectives from studies where id = p_study_id;
  outcome := case
    when t.study_id is null then 'unknown-trial'
    when t.claim <> p_claim then 'stale-claim'
    when t.state = p_state and t.objectives is not distinct from p_objectives and t.error is not distinct from p_error
      and t.backtest_id is not distinct from p_backtest_id then 'same'
    when not exists (select from transitions where machine = 'trial' and from_status = t.state and to_status = p_state) then 'illegal-transition'
    when p_state = 'completed' and cardinality(p_objectives) <> v_objectives then 'wrong-objectives'
    when p_backtest_id is not null and not exists (select from backtests where id = p_backtest_id) then 'unknown-backtest'
    else 'ok'
  end;
  if outcome = 'ok' then
    update trials set state = p_state, objectives = p_objectives, backtest_id = p_backtest_id, error = p_error, ended_at = p_at, claimed_until = null
    where study_id = p_study_id and n = p_n;
  end if;
  return next;
end
$$;
