-- An order as the functions answer it.
create or replace function order_json(o orders) returns jsonb
language sql
stable
return jsonb_strip_nulls(jsonb_build_object(
  'id', o.id, 'deploymentId', o.deployment_id, 'accountId', o.account_id, 'venue', o.venue, 'symbol', o.symbol,
  'clientOrderId', o.client_order_id, 'venueOrderId', o.venue_order_id, 'signalId', o.signal_id, 'side', o.side, 'type', o.type,
  'timeInForce', o.tif, 'quantity', trim_scale(o.qty)::text, 'price', trim_scale(o.limit_price)::text,
  'stopPrice', trim_scale(o.stop_price)::text, 'quoteBudget', trim_scale(o.quote_budget)::text, 'leg', o.leg,
  'closeLots', case when o.close_lots <> '{}' then to_jsonb(o.close_lots) end, 'tag', o.tag, 'exitReason', o.exit_reason,
  'riskCheckId', o.check_id, 'validUntil', instant_text(o.valid_until), 'expiresAt', instant_text(o.expires_at), 'status', o.status,
  'cumulativeQuantity', trim_scale(o.cum_qty)::text, 'leavesQuantity', trim_scale(o.leaves_qty)::text, 'venueVersion', o.venue_version,
  'reason', o.reason, 'filledQuantity', trim_scale(o.filled_qty)::text, 'filledQuote', trim_scale(o.filled_quote)::text,
  'averageFillPrice', average(o.filled_quote, o.filled_qty)::text, 'cancelRequestedAt', instant_text(o.cancel_requested_at),
  'version', o.version, 'submittedAt', instant_text(o.submitted_at), 'closedAt', instant_text(o.closed_at)));
