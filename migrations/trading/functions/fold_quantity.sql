-- Folds a signed quantity of a fill into the positions of its book, which is locked, and answers the ids it touched. What goes against an
-- open position closes it, lot by lot; what is left after zero opens the next cycle: a flip is split. With hedging a closing that is more
-- than its leg has goes on in the other leg.
create or replace function fold_quantity(f fills, p_delta numeric, p_kind text, p_method text) returns text[]
language plpgsql
set search_path from current
as $$
declare
  v_left numeric := p_delta;
  v_leg text := f.leg;
  v_touched text[] := '{}';
  v_closing numeric;
  v_take numeric;
  v_pnl numeric;
  v_sign numeric;
  v_cycle integer;
  p positions;
  l lots;
begin
  while v_left <> 0 loop
    select * into p from positions as o
    where o.deployment_id = f.deployment_id and o.account_id = f.account_id and o.venue = f.venue and o.symbol = f.symbol
      and o.leg = v_leg and o.closed_at is null
    for no key update;
    if not found and v_leg <> 'net' and (v_leg = 'long') <> (v_left > 0) then
      v_leg := case v_leg when 'long' then 'short' else 'long' end;
      continue;
    end if;
    if not found then
      select coalesce(max(o.cycle), 0) + 1 into v_cycle from positions as o
      where o.deployment_id = f.deployment_id and o.account_id = f.account_id and o.venue = f.venue and o.symbol = f.symbol
        and o.leg = v_leg and not o.is_void;
      -- Named by what it is: folded again it has the same name.
      insert into positions as o (id, deployment_id, account_id, venue, symbol, leg, cycle, direction, qty, cost, open_qty, open_quote,
        close_qty, close_quote, peak_qty, realized, fees, last_lot, last_trade_seq, tag, version, opened_at, recorded_at)
      values (md5(concat_ws(' ', f.deployment_id, f.account_id, f.venue, f.symbol, v_leg, v_cycle)), f.deployment_id, f.account_id, f.venue,
        f.symbol, v_leg, v_cycle, case when v_left > 0 then 'long' else 'short' end, v_left, v_left * f.price, abs(v_left),
        abs(v_left) * f.price, 0, 0, abs(v_left), 0, 0, 1, f.trade_seq, f.tag, 0, f.matched_at, clock_timestamp())
      on conflict on constraint positions_cycle_key do update set direction = excluded.direction, qty = excluded.qty, cost = excluded.cost,
        open_qty = excluded.open_qty, open_quote = excluded.open_quote, peak_qty = excluded.peak_qty, last_lot = 1, last_match = 0,
        last_trade_seq = excluded.last_trade_seq, tag = excluded.tag, is_void = false, opened_at = excluded.opened_at, closed_at = null
      returning * into p;
      insert into lots (position_id, n, trade_id, order_id, price, qty, remaining, opened_at)
      values (p.id, 1, f.trade_id, f.order_id, f.price, abs(v_left), abs(v_left), f.matched_at);
      v_left := 0;
    elsif sign(p.qty) = sign(v_left) then
      update positions as o set qty = o.qty + v_left, cost = o.cost + v_left * f.price, open_qty = o.open_qty + abs(v_left),
        open_quote = o.open_quote + abs(v_left) * f.price, peak_qty = greatest(o.peak_qty, abs(o.qty + v_left)), last_lot = o.last_lot + 1,
        last_trade_seq = f.trade_seq
      where o.id = p.id;
      insert into lots (position_id, n, trade_id, order_id, price, qty, remaining, opened_at)
      values (p.id, p.last_lot + 1, f.trade_id, f.order_id, f.price, abs(v_left), abs(v_left), f.matched_at);
      v_left := 0;
    else
      v_sign := sign(p.qty);
      v_closing := least(abs(v_left), abs(p.qty));
      v_left := v_left + v_sign * v_closing;
      p.close_qty := p.close_qty + v_closing;
      p.close_quote := p.close_quote + v_closing * f.price;
      p.qty := p.qty - v_sign * v_closing;
      for l in select * from next_lots(p.id, p_method, f.close_lots) loop
        exit when v_closing = 0;
        v_take := least(l.remaining, v_closing);
        v_pnl := v_sign * (f.price - l.price) * v_take;
        v_closing := v_closing - v_take;
        p.cost := p.cost - v_sign * l.price * v_take;
        p.realized := p.realized + v_pnl;
        p.last_match := p.last_match + 1;
        update lots as o set remaining = o.remaining - v_take where o.position_id = p.id and o.n = l.n;
        insert into lot_matches (position_id, n, lot_n, trade_id, order_id, kind, method, qty, open_price, close_price, pnl, matched_at)
        values (p.id, p.last_match, l.n, f.trade_id, f.order_id, p_kind, p_method, v_take, l.price, f.price, v_pnl, f.matched_at);
      end loop;
      if p.qty = 0 then
        p.closed_at := f.matched_at;
        p.exit_reason := f.exit_reason;
      end if;
      update positions as o set qty = p.qty, cost = p.cost, close_qty = p.close_qty, close_quote = p.close_quote, realized = p.realized,
        last_match = p.last_match, last_trade_seq = f.trade_seq, closed_at = p.closed_at, exit_reason = p.exit_reason
      where o.id = p.id;
    end if;
    if not p.id = any (v_touched) then
      v_touched := v_touched || p.id;
    end if;
  end loop;
  return v_touched;
end
$$;
