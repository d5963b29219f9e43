-- What a venue said of orders: `placed` ties the reservation of each (it no longer expires), `changed` brings it to other leaves and price,
-- `closed` and `refused` end it. What is not reserved, or has ended, is left as it is.
-- ok | same | unknown-reservation | beyond-reservation
create or replace function hear_order(
  p_order_id text, p_what text, p_leaves numeric, p_price numeric, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_counted text[];
  r reservations;
begin
  perform enter_books(false);
  select * into r from reservations where order_id = p_order_id;
  if r.order_id is null then
    return query select 'unknown-reservation';
    return;
  end if;
  v_counted := open_scopes(array[r.account_id], array[r.strategy_id], array[r.venue], p_at);
  select * into r from reservations where order_id = p_order_id for no key update;
  if r.state = 'ended' then
    outcome := 'same';
  elsif p_what in ('closed', 'refused') then
    perform use_reservation(v_counted, p_order_id, 0, p_what, p_at, p_event_id, p_context);
    outcome := 'ok';
  elsif p_what = 'changed' then
    -- The venue is right about what is open, whatever was checked: an order it made larger counts as large as it is.
    outcome := case when r.leaves = p_leaves and r.price is not distinct from p_price and r.state = 'working' then 'same' else 'ok' end;
    if outcome = 'ok' then
      update reservations set qty = greatest(qty, p_leaves), leaves = p_leaves, price = p_price, state = 'working', version = version + 1, recorded_at = clock_timestamp()
      where order_id = p_order_id;
      perform change_exposure(v_counted, r.account_id, r.strategy_id, r.venue, r.symbol, 0, 0,
        case r.side when 'buy' then p_leaves - r.leaves else 0 end, case r.side when 'sell' then p_leaves - r.leaves else 0 end, 0);
    end if;
  elsif r.state = 'reserved' then
    update reservations set state = 'working', version = version + 1, recorded_at = clock_timestamp() where order_id = p_order_id;
    outcome := 'ok';
  else
    outcome := 'same';
  end if;
  return next;
end
$$;
