-- A point of an equity curve as the functions answer it.
create or replace function equity_json(e equity_points) returns jsonb
language sql
stable
return jsonb_build_object('deploymentId', e.deployment_id, 'at', instant_text(e.at), 'equity', trim_scale(e.equity)::text,
  'cash', trim_scale(e.cash)::text, 'exposure', trim_scale(e.exposure)::text, 'netExposure', trim_scale(e.net_exposure)::text,
  'realized', trim_scale(e.realized)::text, 'unrealized', trim_scale(e.unrealized)::text, 'peak', trim_scale(e.peak)::text, 'drawdown', e.drawdown);
