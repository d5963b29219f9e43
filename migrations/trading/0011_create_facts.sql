-- What the reader role sees, for checks within this schema and against others. source and source_seq are the event of another schema that a
-- row was written for: a check against it goes up to our checkpoint for it.

create view facts_deployments as
select id, strategy_id, strategy_version, mode, account_id, venue, position_mode, lot_method::text, desired::text, actual::text, epoch from deployments;

create view facts_orders as
select id, deployment_id, account_id, venue, symbol, side::text, type::text, status::text, qty, cum_qty, leaves_qty, filled_qty, filled_quote,
  venue_version, check_id, submitted_at, closed_at, source, source_seq
from orders;

create view facts_fills as
select venue, trade_id, order_id, deployment_id, account_id, symbol, side::text, leg::text, trade_seq, price, qty, quote_qty, fee, fee_asset,
  fee_quote, matched_at, source, source_seq
from fills;

create view facts_quarantined_fills as
select venue, trade_id, order_id, content_hash, reason, resolution, quarantined_at, resolved_at, source, source_seq from quarantined_fills;

create view facts_positions as
select id, deployment_id, account_id, venue, symbol, leg::text, cycle, direction, qty, cost, open_qty, open_quote, close_qty, close_quote, realized,
  fees, unconverted_fees, adjustments, last_trade_seq, is_void, version, opened_at, closed_at
from positions;

create view facts_lots as
select position_id, n, trade_id, order_id, price, qty, remaining from lots;

create view facts_lot_matches as
select position_id, n, lot_n, trade_id, order_id, kind, method::text, qty, open_price, close_price, pnl from lot_matches;

create view facts_position_adjustments as
select reference, position_id, kind, amount, adjusted_at from position_adjustments;

create view facts_signals as
select id, deployment_id, symbol, action, outcome, reason, check_id, signaled_at, decided_at from signals;

create view facts_equity_points as
select deployment_id, at, equity, cash, exposure, net_exposure, realized, unrealized, peak, drawdown from equity_points;

create view facts_backtests as
select id, identity_hash, strategy_id, strategy_version, status, orders, fills, trades, equity_points, is_pruned from backtests;

create view facts_metrics as
select owner_kind::text, owner_id, name, step, value, reason from metric_points;

create view facts_strategies as
select id, name, kind, status, last_version, version from strategies;

create view facts_studies as
select s.id as study_id, s.status, t.n, t.state, t.claim, t.objectives, t.backtest_id from studies as s left join trials as t on t.study_id = s.id;
