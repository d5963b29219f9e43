-- What a scope has of each symbol, or of one: as it is counted, or where nobody counts it yet, from what is.
create or replace function held_of(p_scope text, p_symbol text) returns table (symbol text, quantity amount)
language plpgsql
stable
set search_path from current
as $$
begin
  if exists (select from scopes as s where s.scope = p_scope) then
    return query select e.symbol, e.net_qty from exposures as e
      where e.scope = p_scope and (p_symbol is null or e.symbol = p_symbol) and e.net_qty <> 0 order by e.symbol;
  elsif p_scope = 'firm' then
    return query select p.symbol, sum(p.qty)::amount from venue_positions as p
      where p_symbol is null or p.symbol = p_symbol group by p.symbol having sum(p.qty) <> 0 order by p.symbol;
  elsif p_scope like 'venue:%' then
    return query select p.symbol, sum(p.qty)::amount from venue_positions as p
      where p.venue = substr(p_scope, 7) and (p_symbol is null or p.symbol = p_symbol) group by p.symbol having sum(p.qty) <> 0 order by p.symbol;
  else
    return query select f.symbol, sum(case f.side when 'buy' then f.qty else -f.qty end)::amount from fills as f
      where f.strategy_id = substr(p_scope, 10) and (p_symbol is null or f.symbol = p_symbol) group by f.symbol
      having sum(case f.side when 'buy' then f.qty else -f.qty end) <> 0 order by f.symbol;
  end if;
end
$$;
