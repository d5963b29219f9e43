-- A decision with what each limit said.
create or replace function decision_json(c checks) returns jsonb
language sql
stable
set search_path from current
return jsonb_strip_nulls(jsonb_build_object('checkId', c.id, 'orderId', c.order_id, 'attempt', c.attempt, 'account', c.account_id, 'strategy', c.strategy_id,
  'venue', c.venue, 'symbol', c.symbol, 'side', c.side, 'quantity', trim_scale(c.qty)::text, 'price', trim_scale(c.price)::text, 'decision', c.decision,
  'code', c.code, 'limitId', c.binding_limit_id, 'limitVersion', c.binding_limit_version, 'observed', trim_scale(c.observed)::text,
  'limit', trim_scale(c.limit_value)::text, 'marks', c.marks, 'validUntil', instant_text(c.valid_until), 'decidedAt', instant_text(c.decided_at),
  'results', (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('limitId', r.limit_id, 'limitVersion', r.limit_version,
      'observed', trim_scale(r.observed)::text, 'limit', trim_scale(r.limit_value)::text, 'outcome', r.outcome)) order by r.n), '[]')
    from check_results as r where r.check_id = c.id)));
