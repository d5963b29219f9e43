-- Begins to count a scope: from all that was filled and is reserved until now. The caller is alone in the books.
create or replace function count_scope(p_scope text, p_at timestamptz) returns void
language plpgsql
set search_path from current
as $$
declare
  v_kind constant text := split_part(p_scope, ':', 1);
  v_id constant text := substr(p_scope, length(v_kind) + 2);
begin
  insert into scopes (scope, counted_from) values (p_scope, p_at) on conflict do nothing;
  if not found or v_kind = 'account' then
    return;
  end if;
  insert into exposures (scope, symbol, net_qty, cash, buying, selling, open_orders)
  select p_scope, c.symbol, sum(c.net), sum(c.cash), sum(c.buying), sum(c.selling), sum(c.orders)
  from (
    select symbol, case side when 'buy' then qty else -qty end as net,
      case side when 'buy' then -qty else qty end * price - case when fee_asset = split_part(symbol, '-', 2) then fee else 0 end as cash,
      0 as buying, 0 as selling, 0 as orders
    from fills where v_kind = 'firm' or v_kind = 'strategy' and strategy_id = v_id or v_kind = 'venue' and venue = v_id
    union all
    select symbol, 0, 0, case side when 'buy' then leaves else 0 end, case side when 'sell' then leaves else 0 end, 1
    from reservations where state <> 'ended' and (v_kind = 'firm' or v_kind = 'strategy' and strategy_id = v_id or v_kind = 'venue' and venue = v_id)
  ) as c
  group by c.symbol;
end
$$;
