-- Folds a book again on request. ok | unknown-book
create or replace function rebuild_positions(
  p_deployment_id text, p_account_id text, p_venue text, p_symbol text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, positions jsonb)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  v_ids text[];
begin
  perform from position_books
  where deployment_id = p_deployment_id and account_id = p_account_id and venue = p_venue and symbol = p_symbol for no key update;
  if not found then
    return query select 'unknown-book', null::jsonb;
    return;
  end if;
  v_ids := refold_book(p_deployment_id, p_account_id, p_venue, p_symbol,
    (select lot_method from deployments where id = p_deployment_id), p_at, p_event_id, p_context);
  return query select 'ok', (select coalesce(jsonb_agg(position_json(q)), '[]') from positions as q where q.id = any (v_ids));
end
$$;
