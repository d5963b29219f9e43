-- Rows by their numbers, so that a repeat adds nothing; another row under a number that is taken is a conflict, and then none is kept.
-- ok | unknown-backtest | backtest-ended | row-taken
create or replace function append_backtest(p_id text, p_orders jsonb, p_fills jsonb, p_trades jsonb, p_equity jsonb)
returns table (outcome text)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  b backtests;
  v_orders bt_orders[];
  v_fills bt_fills[];
  v_trades bt_trades[];
  v_equity bt_equity[];
  v_added integer[] := '{}';
  v_count integer;
begin
  select * into b from backtests where id = p_id for no key update;
  if b.id is null or b.status <> 'running' then
    return query select case when b.id is null then 'unknown-backtest' else 'backtest-ended' end;
    return;
  end if;
  v_orders := array(select row(p_id, r.n, r.symbol, r.side, r.type, r.qty, r.price, r.filled_qty, r.average_price, r.tag, r.placed_at, b.created_at)::bt_orders
    from jsonb_to_recordset(p_orders) as r (n integer, symbol text, side text, type text, qty numeric, price numeric, filled_qty numeric,
      average_price numeric, tag text, placed_at timestamptz));
  v_fills := array(select row(p_id, r.n, r.order_n, r.symbol, r.side, r.price, r.qty, r.fee, r.filled_at, b.created_at)::bt_fills
    from jsonb_to_recordset(p_fills) as r (n integer, order_n integer, symbol text, side text, price numeric, qty numeric, fee numeric,
      filled_at timestamptz));
  v_trades := array(select row(p_id, r.n, r.symbol, r.direction, r.qty, r.open_price, r.close_price, r.fees,
      round(case r.direction when 'long' then 1 else -1 end * (r.close_price - r.open_price) * r.qty - r.fees, 18), r.tag, r.exit_reason,
      r.opened_at, r.closed_at, b.created_at)::bt_trades
    from jsonb_to_recordset(p_trades) as r (n integer, symbol text, direction text, qty numeric, open_price numeric, close_price numeric,
      fees numeric, tag text, exit_reason text, opened_at timestamptz, closed_at timestamptz));
  v_equity := array(select row(p_id, r.n, r.at, r.equity, b.created_at)::bt_equity
    from jsonb_to_recordset(p_equity) as r (n integer, at timestamptz, equity numeric));
  -- Lateral with a limit: a plain join may be planned as a walk through all rows of the run for each one given.
  if exists (select from unnest(v_orders) as g, lateral (
      select from bt_orders as o where o.backtest_id = p_id and o.n = g.n and o.created_at = b.created_at and o is distinct from g limit 1) as other)
    or exists (select from unnest(v_fills) as g, lateral (
      select from bt_fills as o where o.backtest_id = p_id and o.n = g.n and o.created_at = b.created_at and o is distinct from g limit 1) as other)
    or exists (select from unnest(v_trades) as g, lateral (
      select from bt_trades as o where o.backtest_id = p_id and o.n = g.n and o.created_at = b.created_at and o is distinct from g limit 1) as other)
    or exists (select from unnest(v_equity) as g, lateral (
      select from bt_equity as o where o.backtest_id = p_id and o.n = g.n and o.created_at = b.created_at and o is distinct from g limit 1) as other) then
    return query select 'row-taken';
    return;
  end if;
  insert into bt_orders select * from unnest(v_orders) on conflict do nothing;
  get diagnostics v_count = row_count;
  v_added := v_added || v_count;
  insert into bt_fills select * from unnest(v_fills) on conflict do nothing;
  get diagnostics v_count = row_count;
  v_added := v_added || v_count;
  insert into bt_trades select * from unnest(v_trades) on conflict do nothing;
  get diagnostics v_count = row_count;
  v_added := v_added || v_count;
  insert into bt_equity select * from unnest(v_equity) on conflict do nothing;
  get diagnostics v_count = row_count;
  v_added := v_added || v_count;
  update backtests set orders = orders + v_added[1], fills = fills + v_added[2], trades = trades + v_added[3],
    equity_points = equity_points + v_added[4], version = version + 1
  where id = p_id and v_added <> '{0,0,0,0}';
  return query select 'ok';
end
$$;
