-- A position as the functions answer it.
create or replace function position_json(p positions) returns jsonb
language sql
stable
return jsonb_strip_nulls(jsonb_build_object(
  'id', p.id, 'deploymentId', p.deployment_id, 'accountId', p.account_id, 'venue', p.venue, 'symbol', p.symbol, 'leg', p.leg,
  'cycle', p.cycle, 'direction', p.direction, 'quantity', trim_scale(p.qty)::text, 'cost', trim_scale(p.cost)::text,
  'enteredQuantity', trim_scale(p.open_qty)::text, 'enteredQuote', trim_scale(p.open_quote)::text,
  'exitedQuantity', trim_scale(p.close_qty)::text, 'exitedQuote', trim_scale(p.close_quote)::text,
  'averageEntryPrice', average(p.open_quote, p.open_qty)::text, 'averageExitPrice', average(p.close_quote, p.close_qty)::text,
  'peakQuantity', trim_scale(p.peak_qty)::text, 'realized', trim_scale(p.realized)::text, 'fees', trim_scale(p.fees)::text,
  'unconvertedFees', p.unconverted_fees, 'adjustments', trim_scale(p.adjustments)::text,
  'netRealized', trim_scale(p.realized - p.fees + p.adjustments)::text, 'lastTradeSequence', p.last_trade_seq,
  'tag', p.tag, 'exitReason', p.exit_reason, 'version', p.version, 'openedAt', instant_text(p.opened_at),
  'closedAt', instant_text(p.closed_at), 'isVoid', nullif(p.is_void, false)));
