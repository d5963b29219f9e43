-- Folds all fills of a book again, in their trade_seq: one came that belongs before others. Positions keep their ids and their history;
-- one that is no longer there stays as void. Answers the ids of all of them. The caller has locked the book.
create or replace function refold_book(
  p_deployment_id text, p_account_id text, p_venue text, p_symbol text, p_method text, p_at timestamptz, p_event_id text, p_context write_context
) returns text[]
language plpgsql
set search_path from current
as $$
declare
  v_ids text[];
  f fills;
  p positions;
  n integer := 0;
begin
  v_ids := array(
    select o.id from positions as o
    where o.deployment_id = p_deployment_id and o.account_id = p_account_id and o.venue = p_venue and o.symbol = p_symbol
    order by o.id for no key update);
  delete from lot_matches where position_id = any (v_ids);
  delete from lots where position_id = any (v_ids);
  update positions as o set qty = 0, cost = 0, open_qty = 0, open_quote = 0, close_qty = 0, close_quote = 0, peak_qty = 0, realized = 0, fees = 0,
    unconverted_fees = 0, last_lot = 0, last_match = 0, is_void = true, exit_reason = null, closed_at = coalesce(o.closed_at, p_at)
  where o.id = any (v_ids);
  for f in
    select * from fills as o
    where o.deployment_id = p_deployment_id and o.account_id = p_account_id and o.venue = p_venue and o.symbol = p_symbol
    order by o.trade_seq, o.order_id, o.trade_id
  loop
    perform fold_fill(f, p_method);
  end loop;
  v_ids := '{}';
  for p in
    update positions as o set version = o.version + 1, recorded_at = clock_timestamp()
    where o.deployment_id = p_deployment_id and o.account_id = p_account_id and o.venue = p_venue and o.symbol = p_symbol
    returning *
  loop
    n := n + 1;
    v_ids := v_ids || p.id;
    perform append_position_event(p, 'folded-again', null, null, p_at, p_event_id || '/again/' || n, p_context);
  end loop;
  update position_books as b set refolds = b.refolds + 1
  where b.deployment_id = p_deployment_id and b.account_id = p_account_id and b.venue = p_venue and b.symbol = p_symbol;
  return v_ids;
end
$$;
