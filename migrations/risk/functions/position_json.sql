-- A position as the adapter copies it.
create or replace function position_json(p venue_positions) returns jsonb
language sql
stable
set search_path from current
return jsonb_build_object('venue', p.venue, 'account', p.account_id, 'symbol', p.symbol, 'quantity', trim_scale(p.qty)::text, 'cost', trim_scale(p.cost)::text,
  'realized', trim_scale(p.realized)::text, 'fees', trim_scale(p.fees)::text, 'lastSequence', p.last_trade_seq, 'asOf', instant_text(p.as_of),
  'version', p.version);
