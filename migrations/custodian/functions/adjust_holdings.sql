-- A balanced transaction of kind `adjustment` with its event. Outcomes are those of post_movements.
create or replace function adjust_holdings(
  p_reference text, p_account_ids text[], p_assets text[], p_amounts numeric[], p_reason text, p_request_hash text, p_at timestamptz,
  p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  outcome := post_movements('adjustment', p_reference, p_account_ids, p_assets, p_amounts, null, p_reason, p_request_hash, p_at, p_context);
  if outcome = 'ok' then
    perform append_event(p_event_id, 'holdings.adjusted', 'movement-transaction', 'adjustment:' || p_reference, 1, jsonb_build_object(
      'transactionId', 'adjustment:' || p_reference, 'reference', p_reference, 'reason', p_reason, 'movements', (
        select jsonb_agg(jsonb_build_object('custodyAccountId', i.account_id, 'asset', i.asset, 'amount', trim_scale(i.amount)::text) order by i.n)
        from unnest(p_account_ids, p_assets, p_amounts) with ordinality as i (account_id, asset, amount, n))), p_at, p_context);
  end if;
  return next;
end
$$;
