-- Money of an account that came or went otherwise than by a trade. Capital waits for its valuation; funding is a result.
-- ok | same | id-conflict
create or replace function move_funds(
  p_id text, p_account_id text, p_kind text, p_asset text, p_amount numeric, p_request_hash text, p_at timestamptz, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  perform enter_books(false);
  perform open_scopes(array[p_account_id], '{}', '{}', p_at);
  insert into cash_movements (id, account_id, kind, asset, amount, moved_at, request_hash, source, source_seq)
  values (p_id, p_account_id, p_kind, p_asset, p_amount, p_at, p_request_hash, p_context.source, p_context.source_seq)
  on conflict (id) do nothing;
  if not found then
    return query select case when m.request_hash = p_request_hash then 'same' else 'id-conflict' end from cash_movements as m where m.id = p_id;
    return;
  end if;
  insert into holdings as h (account_id, asset, amount, funding)
  values (p_account_id, p_asset, p_amount, case p_kind when 'funding' then p_amount else 0 end)
  on conflict (account_id, asset) do update set amount = h.amount + excluded.amount, funding = h.funding + excluded.funding, version = h.version + 1;
  if p_kind <> 'funding' then
    insert into unvalued_flows (movement_id, account_id, asset, amount) values (p_id, p_account_id, p_asset, p_amount);
  end if;
  return query select 'ok';
end
$$;
