-- A leg as events carry it.
create or replace function settlement_leg_json(p_n integer, p_kind text, p_from text, p_to text, p_asset text, p_qty numeric) returns jsonb
language sql
stable
parallel safe
return jsonb_build_object('leg', p_n, 'kind', p_kind, 'from', p_from, 'to', p_to, 'asset', p_asset, 'quantity', trim_scale(p_qty)::text);
