-- ok | same | id-conflict
create or replace function record_parity(
  p_id text, p_deployment_id text, p_backtest_id text, p_from timestamptz, p_to timestamptz, p_tolerance_ms bigint, p_live integer,
  p_backtested integer, p_matched integer, p_match_rate double precision, p_rows jsonb, p_request_hash text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  insert into parity_runs (id, deployment_id, backtest_id, from_at, to_at, tolerance_ms, live, backtested, matched, match_rate, request_hash, compared_at)
  values (p_id, p_deployment_id, p_backtest_id, p_from, p_to, p_tolerance_ms, p_live, p_backtested, p_matched, p_match_rate, p_request_hash, p_at)
  on conflict (id) do nothing;
  if not found then
    return query select case when r.request_hash = p_request_hash then 'same' else 'id-conflict' end from parity_runs as r where r.id = p_id;
    return;
  end if;
  insert into parity_rows (run_id, n, verdict, symbol, side, order_id, backtest_n, live_at, backtest_at, live_qty, backtest_qty, live_price,
    backtest_price, slippage)
  select p_id, r.n, r.verdict, r.symbol, r.side, r.order_id, r.backtest_n, r.live_at, r.backtest_at, r.live_qty, r.backtest_qty, r.live_price,
    r.backtest_price, r.slippage
  from jsonb_to_recordset(p_rows) as r (n integer, verdict text, symbol text, side text, order_id text, backtest_n integer, live_at timestamptz,
    backtest_at timestamptz, live_qty numeric, backtest_qty numeric, live_price numeric, backtest_price numeric, slippage double precision);
  return query select 'ok';
end
$$;
