-- A balance as functions answer it, for the copy in Redis: amounts are text, canonical.
create or replace function balance_json(p_account_id text, p_asset text, p_posted numeric, p_held numeric, p_overdraft numeric, p_version bigint)
returns jsonb
language sql
stable
parallel safe
return jsonb_build_object('accountId', p_account_id, 'asset', p_asset, 'posted', trim_scale(p_posted)::text, 'held', trim_scale(p_held)::text,
  'overdraft', trim_scale(p_overdraft)::text, 'version', p_version);
