-- The history row and the event `position.changed` of a position's present version.
create or replace function append_position_event(
  p positions, p_type text, p_trade_id text, p_order_id text, p_at timestamptz, p_event_id text, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
begin
  insert into position_events (position_id, version, type, qty, cost, realized, fees, adjustments, trade_id, order_id, last_trade_seq,
    event_id, source, source_seq, occurred_at, recorded_at)
  values (p.id, p.version, p_type, p.qty, p.cost, p.realized, p.fees, p.adjustments, p_trade_id, p_order_id, p.last_trade_seq,
    p_event_id, p_context.source, p_context.source_seq, p_at, p.recorded_at);
  perform append_event(p_event_id, 'position.changed', 'position', p.id, p.version, jsonb_strip_nulls(jsonb_build_object(
    'positionId', p.id, 'deploymentId', p.deployment_id, 'accountId', p.account_id, 'venue', p.venue, 'symbol', p.symbol, 'leg', p.leg,
    'cycle', p.cycle, 'change', p_type, 'quantity', trim_scale(p.qty)::text, 'cost', trim_scale(p.cost)::text,
    'realized', trim_scale(p.realized)::text, 'fees', trim_scale(p.fees)::text, 'adjustments', trim_scale(p.adjustments)::text,
    'lastTradeSeq', p.last_trade_seq, 'tradeId', p_trade_id, 'orderId', p_order_id)), p_at, p_context);
end
$$;
