-- One fill in the fold of its position, by average cost. What is closed takes its part of the cost with it; what crosses zero opens anew.
create or replace function fold_fill(
  inout p_qty numeric, inout p_cost numeric, inout p_realized numeric, p_side text, p_fill_qty numeric, p_price numeric
)
language plpgsql
immutable
set search_path from current
as $$
declare
  v_sign constant integer := case p_side when 'buy' then 1 else -1 end;
  v_closed numeric := 0;
  v_part numeric := 0;
begin
  if sign(p_qty) = -v_sign then
    v_closed := least(abs(p_qty), p_fill_qty);
    v_part := case when v_closed = abs(p_qty) then p_cost else round(p_cost * v_closed / abs(p_qty), 18) end;
    p_realized := p_realized - v_sign * v_closed * p_price - v_part;
  end if;
  p_qty := p_qty + v_sign * p_fill_qty;
  p_cost := p_cost - v_part + v_sign * (p_fill_qty - v_closed) * p_price;
end
$$;
