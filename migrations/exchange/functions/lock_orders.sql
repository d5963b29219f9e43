-- What a change of orders needs, locked in the one order that all keep (states of markets, orders, balances) and read after its lock:
-- rows in arrays beside their keys, to be changed in memory and handed to store_orders. An order's hold is guarded by the order's lock.
-- Where the symbols are not given they are those of the orders. Called with generic plans and without sequential scans.
create or replace function lock_orders(
  p_symbols text[], p_order_ids text[],
  out symbols text[], out markets markets[], out states market_states[],
  out order_ids text[], out orders orders[], out hold_ids text[], out holds holds[],
  out account_ids text[], out balance_keys text[], out balances balances[]
)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  if p_symbols is null then
    p_symbols := array(select distinct o.symbol from orders as o where o.id = any (p_order_ids));
  end if;
  select array_agg(m.symbol), array_agg(m), array_agg(l.s) into symbols, markets, states
  from (select s from market_states as s where s.symbol = any (p_symbols) order by s.symbol for no key update) as l
  join markets as m on m.symbol = (l.s).symbol and m.symbol = any (p_symbols);
  select array_agg((l.o).id), array_agg(l.o), array_agg((l.o).account_id) into order_ids, orders, account_ids
  from (select o from orders as o where o.id = any (p_order_ids) order by o.id for no key update) as l;
  hold_ids := array(select 'in-order:' || i from unnest(order_ids) as i);
  select array_agg(h order by array_position(hold_ids, h.id)) into holds from holds as h where h.id = any (hold_ids);
  select array_agg((l.b).account_id || ':' || (l.b).asset), array_agg(l.b) into balance_keys, balances
  from (
    select b from balances as b
    where b.account_id = any (account_ids) and (b.account_id, b.asset) in (
      select o.account_id, leg.asset
      from orders as o join markets as m on m.symbol = o.symbol
      cross join lateral (values (m.base), (m.quote)) as leg (asset)
      where o.id = any (order_ids))
    order by b.account_id, b.asset for no key update of b) as l;
end
$$;
