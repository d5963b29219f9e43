-- What the reader role sees, for checks within this schema and against others. source and source_seq are the event that a fact answers.

create view facts_fills as
select venue, fill_id, account_id, strategy_id, order_id, symbol, side::text, qty, price, fee, fee_asset, trade_seq, filled_at, source, source_seq, recorded_at
from fills;

create view facts_positions as
select venue, account_id, symbol, qty, cost, realized, fees, fills, last_trade_seq, as_of from venue_positions;

create view facts_exposures as
select scope::text, symbol, net_qty, cash, buying, selling, open_orders from exposures;

create view facts_limits as
select v.limit_id, v.version, l.metric::text, l.scope::text, v.enabled, v.warn, v.soft, v.hard, v.valid_from, v.recorded_at
from limit_versions as v join limits as l on l.id = v.limit_id;

create view facts_checks as
select id, order_id, attempt, account_id, strategy_id, venue, symbol, side::text, qty, price, decision::text, code, binding_limit_id, binding_limit_version,
  observed, limit_value, valid_until, decided_at, recorded_at, source, source_seq
from checks;

create view facts_check_results as
select check_id, n, limit_id, limit_version, observed, limit_value, outcome from check_results;

create view facts_reservations as
select order_id, check_id, account_id, strategy_id, venue, symbol, side::text, qty, leaves, state::text, valid_until, ended_how, reserved_at, ended_at
from reservations;

create view facts_breaches as
select id, limit_id, limit_version, scope::text, subject, severity::text, observed, peak, limit_value, alert_id, opened_at, cleared_at from breaches;

create view facts_alerts as
select id, dedup_key, kind::text, state::text, severity::text, opened_at, fired_at, acknowledged_at, closed_at, escalated, run_id from alerts;

create view facts_notifications as
select id, alert_id, step, round, target, state, attempts, due_at, delivered_at from notifications;

create view facts_holdings as
select account_id, asset, amount, funding from holdings;

create view facts_movements as
select id, account_id, kind, asset, amount, moved_at, source, source_seq from cash_movements;

create view facts_reports as
select id, kind, from_at, until_at, watermark, sha256, generated_at from compliance_reports;
