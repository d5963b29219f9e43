-- Folds a fill, and what its fee takes where that is in the base asset, into the positions of its book; answers the ids it touched.
create or replace function fold_fill(f fills, p_method text) returns text[]
language plpgsql
set search_path from current
as $$
declare
  v_touched text[];
begin
  v_touched := fold_quantity(f, case f.side when 'buy' then f.qty else -f.qty end, 'trade', p_method);
  if f.fee <> 0 and f.fee_asset = split_part(f.symbol, '-', 1) then
    v_touched := array(select distinct t.id from unnest(v_touched || fold_quantity(f, -f.fee, 'fee', p_method)) as t (id));
  end if;
  -- A fee is paid once: by the position that the fill closed, else by the one it opened.
  update positions as p set fees = p.fees + coalesce(f.fee_quote, 0), unconverted_fees = p.unconverted_fees + (f.fee_quote is null)::integer
  where p.id = (
    select o.id from positions as o where o.id = any (v_touched) order by o.closed_at nulls last, o.cycle, o.id limit 1);
  return v_touched;
end
$$;
