-- Fills in the order given: each becomes a part of its position, of what its scopes have, of what its account holds, and uses what was
-- reserved for its order. One that comes late has its position folded again, so that the order of coming never shows.
-- ok | same | id-conflict | too-many-digits
create or replace function apply_fills(
  p_venues text[], p_fill_ids text[], p_account_ids text[], p_strategy_ids text[], p_order_ids text[], p_symbols text[], p_sides text[],
  p_qtys numeric[], p_prices numeric[], p_fees numeric[], p_fee_assets text[], p_trade_seqs bigint[], p_hashes text[], p_ats timestamptz[],
  p_event_ids text[], p_contexts write_context[]
) returns table (n integer, outcome text, "position" jsonb)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_counted text[];
  v_strategies text[];
  v_hash text;
  v_pos venue_positions;
  v_fold record;
  v_sign integer;
  v_value numeric;
  v_fee numeric;
  v_quote text;
begin
  perform enter_books(false);
  v_strategies := array(select coalesce(i.strategy, r.strategy_id)
    from unnest(p_strategy_ids, p_order_ids) with ordinality as i (strategy, order_id, n) left join reservations as r on r.order_id = i.order_id order by i.n);
  -- A fill may use the reservation of another account's order only by mistake; its scopes are locked with the rest all the same.
  v_counted := open_scopes(p_account_ids || array(select r.account_id from reservations as r where r.order_id = any (p_order_ids)),
    v_strategies, p_venues || array(select r.venue from reservations as r where r.order_id = any (p_order_ids)), p_ats[1]);
  perform from reservations as r where r.order_id = any (p_order_ids) order by r.order_id for no key update;
  for i in 1 .. cardinality(p_fill_ids) loop
    n := i;
    v_sign := case p_sides[i] when 'buy' then 1 else -1 end;
    v_value := p_qtys[i] * p_prices[i];
    v_quote := split_part(p_symbols[i], '-', 2);
    v_fee := case when p_fee_assets[i] = v_quote then p_fees[i] else 0 end;
    select f.request_hash into v_hash from fills as f where f.venue = p_venues[i] and f.fill_id = p_fill_ids[i];
    outcome := case
      when v_hash = p_hashes[i] then 'same'
      when v_hash is not null then 'id-conflict'
      when scale(trim_scale(v_value)) > 18 or v_value >= 1e20 then 'too-many-digits'
      else 'ok'
    end;
    if outcome = 'ok' then
      insert into fills (venue, fill_id, account_id, strategy_id, order_id, symbol, side, qty, price, fee, fee_asset, trade_seq, filled_at, request_hash,
        source, source_seq)
      values (p_venues[i], p_fill_ids[i], p_account_ids[i], v_strategies[i], p_order_ids[i], p_symbols[i], p_sides[i], p_qtys[i], p_prices[i], p_fees[i],
        p_fee_assets[i], p_trade_seqs[i], p_ats[i], p_hashes[i], p_contexts[i].source, p_contexts[i].source_seq)
      on conflict do nothing;
      if not found then
        select case when f.request_hash = p_hashes[i] then 'same' else 'id-conflict' end into outcome
        from fills as f where f.venue = p_venues[i] and f.fill_id = p_fill_ids[i];
      end if;
    end if;
    if outcome = 'ok' then
      -- Under the lock of the account's scope.
      select * into v_pos from venue_positions as p where p.account_id = p_account_ids[i] and p.venue = p_venues[i] and p.symbol = p_symbols[i];
      if v_pos.version is null then
        v_pos := row(p_venues[i], p_account_ids[i], p_symbols[i], 0, 0, 0, 0, 0, 0, p_ats[i], 0, null)::venue_positions;
      end if;
      if p_trade_seqs[i] >= v_pos.last_trade_seq then
        select f.p_qty as qty, f.p_cost as cost, f.p_realized as realized into v_fold
        from fold_fill(v_pos.qty, v_pos.cost, v_pos.realized, p_sides[i], p_qtys[i], p_prices[i]) as f;
      else
        select * into v_fold from refold_position(p_venues[i], p_account_ids[i], p_symbols[i]);
      end if;
      insert into venue_positions as p (venue, account_id, symbol, qty, cost, realized, fees, fills, last_trade_seq, as_of)
      values (p_venues[i], p_account_ids[i], p_symbols[i], v_fold.qty, v_fold.cost, v_fold.realized, v_fee, 1, p_trade_seqs[i], p_ats[i])
      on conflict (account_id, venue, symbol) do update set
        qty = excluded.qty, cost = excluded.cost, realized = excluded.realized, fees = p.fees + excluded.fees, fills = p.fills + 1,
        last_trade_seq = greatest(p.last_trade_seq, excluded.last_trade_seq), as_of = greatest(p.as_of, excluded.as_of), version = p.version + 1,
        recorded_at = clock_timestamp()
      returning * into v_pos;
      perform change_exposure(v_counted, p_account_ids[i], v_strategies[i], p_venues[i], p_symbols[i], v_sign * p_qtys[i], -v_sign * v_value - v_fee,
        0, 0, 0);
      insert into holdings as h (account_id, asset, amount)
      select p_account_ids[i], d.asset, sum(d.amount)
      from (values (split_part(p_symbols[i], '-', 1), v_sign * p_qtys[i]), (v_quote, -v_sign * v_value), (p_fee_assets[i], -p_fees[i])) as d (asset, amount)
      where d.asset is not null group by d.asset order by d.asset
      on conflict (account_id, asset) do update set amount = h.amount + excluded.amount, version = h.version + 1;
      if p_order_ids[i] is not null then
        perform use_reservation(v_counted, p_order_ids[i], p_qtys[i], null, p_ats[i], p_event_ids[i], p_contexts[i]);
      end if;
    else
      select * into v_pos from venue_positions as p where p.account_id = p_account_ids[i] and p.venue = p_venues[i] and p.symbol = p_symbols[i];
    end if;
    position := case when v_pos.version is not null then position_json(v_pos) end;
    return next;
  end loop;
end
$$;
