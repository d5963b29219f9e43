-- An order as its events carry it. Absent is absent, never null.
create or replace function order_json(p_order orders) returns jsonb
language sql
stable
return jsonb_strip_nulls(jsonb_build_object(
  'orderId', p_order.id, 'clientOrderId', p_order.client_order_id, 'accountId', p_order.account_id, 'symbol', p_order.symbol,
  'side', p_order.side, 'type', p_order.type, 'timeInForce', p_order.tif, 'quantity', trim_scale(p_order.qty)::text,
  'price', trim_scale(p_order.limit_price)::text, 'quoteBudget', trim_scale(p_order.quote_budget)::text,
  'cum', trim_scale(p_order.cum_qty)::text, 'leaves', trim_scale(p_order.leaves_qty)::text, 'status', p_order.status,
  'reason', p_order.reason, 'orderVersion', p_order.version, 'acceptSeq', p_order.accept_seq, 'riskCheckId', p_order.check_id));
