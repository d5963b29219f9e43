-- An instrument as `instrument.changed` carries it.
create or replace function instrument_json(i instruments) returns jsonb
language sql
stable
return jsonb_strip_nulls(jsonb_build_object('symbol', i.symbol, 'base', i.base, 'quote', i.quote, 'tickSize', trim_scale(i.tick_size)::text,
  'stepSize', trim_scale(i.step_size)::text, 'priceScale', i.price_scale, 'quantityScale', i.qty_scale,
  'minNotional', trim_scale(i.min_notional)::text, 'status', i.status, 'version', i.version));
