-- Removes the rows of an ended run; the run, its identity and its metrics stay.
-- ok | same | unknown-backtest | backtest-running
create or replace function prune_backtest(p_id text) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  b backtests;
begin
  select * into b from backtests where id = p_id for no key update;
  outcome := case when b.id is null then 'unknown-backtest' when b.is_pruned then 'same' when b.status = 'running' then 'backtest-running' else 'ok' end;
  if outcome = 'ok' then
    delete from bt_orders where backtest_id = p_id and created_at = b.created_at;
    delete from bt_fills where backtest_id = p_id and created_at = b.created_at;
    delete from bt_trades where backtest_id = p_id and created_at = b.created_at;
    delete from bt_equity where backtest_id = p_id and created_at = b.created_at;
    update backtests set is_pruned = true, version = version + 1 where id = p_id;
  end if;
  return next;
end
$$;
