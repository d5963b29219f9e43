-- A position from all of its fills again, in the order of their trade sequence: what a fill that came too late makes of it.
create or replace function refold_position(p_venue text, p_account_id text, p_symbol text)
returns table (qty numeric, cost numeric, realized numeric)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  f record;
  v record;
begin
  qty := 0; cost := 0; realized := 0;
  for f in
    select side, qty as fill_qty, price from fills
    where venue = p_venue and account_id = p_account_id and symbol = p_symbol order by trade_seq, fill_id
  loop
    select * into v from fold_fill(qty, cost, realized, f.side, f.fill_qty, f.price);
    qty := v.p_qty; cost := v.p_cost; realized := v.p_realized;
  end loop;
  return next;
end
$$;
