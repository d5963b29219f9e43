-- From a fill to the order, the lots and the position in one round trip. A fill counts once, by venue, trade and order. What is not ours as
-- it is told is quarantined, and changes nothing else. One outcome a member, in order; the last row carries the positions and orders as they now are:
-- applied | same | unknown-order | other-content | not-of-this-order | overfilled
create or replace function apply_fills(
  p_venues text[], p_trade_ids text[], p_order_ids text[], p_trade_seqs bigint[], p_account_ids text[], p_symbols text[], p_sides text[],
  p_prices numeric[], p_quantities numeric[], p_liquidities text[], p_fees numeric[], p_fee_assets text[], p_fee_rates numeric[],
  p_fee_rate_sources text[], p_content_hashes text[], p_payloads jsonb[], p_matched_ats timestamptz[],
  p_order_versions bigint[], p_statuses text[], p_cums numeric[], p_leaves numeric[], p_event_ids text[], p_contexts write_context[]
) returns table (outcome text, position_ids text[], positions jsonb, orders jsonb)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  o orders;
  f fills;
  b position_books;
  p positions;
  v_hash text;
  v_method text;
  v_open boolean;
  v_qty numeric;
  v_rate numeric;
  v_source text;
  v_base text;
  v_quote text;
  v_touched text[] := '{}';
  v_part integer;
begin
  perform from orders where id = any (p_order_ids) order by id for no key update;
  insert into position_books (deployment_id, account_id, venue, symbol)
  select distinct deployment_id, account_id, venue, symbol from orders where id = any (p_order_ids) order by 1, 2, 3, 4
  on conflict do nothing;
  perform from position_books where (deployment_id, account_id, venue, symbol) in (
    select deployment_id, account_id, venue, symbol from orders where id = any (p_order_ids))
  order by deployment_id, account_id, venue, symbol for no key update;

  for i in 1 .. cardinality(p_trade_ids) loop
    -- The rows of the member before went out already; the last one waits for the positions.
    if i > 1 then
      return next;
    end if;
    position_ids := '{}';
    select * into o from orders where id = p_order_ids[i];
    select content_hash into v_hash from fills where venue = p_venues[i] and trade_id = p_trade_ids[i] and order_id = p_order_ids[i];
    if found then
      outcome := case when v_hash = p_content_hashes[i] then 'same' else 'other-content' end;
    else
      v_open := p_leaves[i] > 0 and p_statuses[i] in ('new', 'partially-filled', 'pending-cancel', 'pending-replace');
      -- An order that was replaced has another quantity; what is left and what is filled tell it.
      v_qty := case when v_open and p_order_versions[i] > o.venue_version then p_cums[i] + p_leaves[i] else o.qty end;
      outcome := case
        when o.id is null then 'unknown-order'
        when o.venue <> p_venues[i] or o.symbol <> p_symbols[i] or o.side <> p_sides[i] or o.account_id <> p_account_ids[i] then 'not-of-this-order'
        when o.filled_qty + p_quantities[i] > greatest(o.qty, v_qty) then 'overfilled'
        else 'applied'
      end;
    end if;
    if outcome = 'same' then
      -- Where its market stands by now.
      position_ids := array(
        select id from positions
        where deployment_id = o.deployment_id and account_id = o.account_id and venue = o.venue and symbol = o.symbol and closed_at is null);
      v_touched := v_touched || position_ids;
      continue;
    elsif outcome <> 'applied' then
      insert into quarantined_fills (venue, trade_id, order_id, content_hash, reason, fill, quarantined_at, source, source_seq)
      values (p_venues[i], p_trade_ids[i], p_order_ids[i], p_content_hashes[i], outcome, p_payloads[i], p_matched_ats[i],
        p_contexts[i].source, p_contexts[i].source_seq)
      -- Once its order is there it may turn out to be wrong for another reason.
      on conflict on constraint quarantined_fills_pkey do update set reason = excluded.reason where quarantined_fills.resolved_at is null;
      continue;
    end if;

    v_base := split_part(o.symbol, '-', 1);
    v_quote := split_part(o.symbol, '-', 2);
    v_rate := case p_fee_assets[i] when v_quote then 1 when v_base then p_prices[i] else p_fee_rates[i] end;
    v_source := case when p_fee_assets[i] = v_quote then null when p_fee_assets[i] = v_base then 'fill price' else p_fee_rate_sources[i] end;
    insert into fills (venue, trade_id, order_id, deployment_id, account_id, symbol, side, leg, trade_seq, price, qty, quote_qty, liquidity,
      fee, fee_asset, fee_quote, fee_rate, fee_rate_source, close_lots, tag, exit_reason, content_hash, matched_at, correlation_id, source,
      source_seq, recorded_at)
    values (p_venues[i], p_trade_ids[i], o.id, o.deployment_id, o.account_id, o.symbol, o.side, o.leg, p_trade_seqs[i], p_prices[i],
      p_quantities[i], p_prices[i] * p_quantities[i], p_liquidities[i], p_fees[i], p_fee_assets[i],
      round(case when p_fees[i] = 0 then 0 else p_fees[i] * v_rate end, 18), v_rate, v_source,
      o.close_lots, o.tag, o.exit_reason, p_content_hashes[i], p_matched_ats[i], p_contexts[i].correlation_id, p_contexts[i].source,
      p_contexts[i].source_seq, clock_timestamp())
    returning * into f;
    update quarantined_fills set resolved_at = f.matched_at, resolution = 'applied'
    where venue = f.venue and trade_id = f.trade_id and order_id = f.order_id and content_hash = f.content_hash and resolved_at is null;

    o.filled_qty := o.filled_qty + f.qty;
    o.filled_quote := o.filled_quote + f.quote_qty;
    o.version := o.version + 1;
    o.source := coalesce(p_contexts[i].source, o.source);
    o.source_seq := coalesce(p_contexts[i].source_seq, o.source_seq);
    if o.closed_at is null and p_order_versions[i] > o.venue_version and p_cums[i] >= o.cum_qty and p_cums[i] <= v_qty
      and (p_statuses[i] = 'filled') = (p_cums[i] = v_qty)
      and exists (select from transitions where machine = 'order' and from_status = o.status and to_status = p_statuses[i]) then
      o.status := p_statuses[i];
      o.qty := v_qty;
      o.cum_qty := p_cums[i];
      o.leaves_qty := case when v_open then v_qty - p_cums[i] else 0 end;
      o.venue_version := p_order_versions[i];
      o.closed_at := case when v_open then null else f.matched_at end;
    elsif o.closed_at is null and o.filled_qty > o.cum_qty then
      -- The venue says no more than the fill itself.
      o.cum_qty := o.filled_qty;
      o.leaves_qty := o.qty - o.cum_qty;
      o.status := case when o.leaves_qty = 0 then 'filled' when o.status in ('pending-new', 'new') then 'partially-filled' else o.status end;
      o.closed_at := case when o.leaves_qty = 0 then f.matched_at end;
    end if;
    update orders set status = o.status, qty = o.qty, cum_qty = o.cum_qty, leaves_qty = o.leaves_qty, filled_qty = o.filled_qty,
      filled_quote = o.filled_quote, venue_version = o.venue_version, version = o.version, closed_at = o.closed_at, source = o.source,
      source_seq = o.source_seq
    where id = o.id;
    perform append_order_event(o, 'filled', f.trade_id, null, f.matched_at, p_contexts[i]);

    select * into b from position_books
    where deployment_id = o.deployment_id and account_id = o.account_id and venue = o.venue and symbol = o.symbol;
    select lot_method into v_method from deployments where id = o.deployment_id;
    if (f.trade_seq, f.order_id) < (b.last_trade_seq, b.last_order_id) then
      position_ids := refold_book(o.deployment_id, o.account_id, o.venue, o.symbol, v_method, f.matched_at, p_event_ids[i], p_contexts[i]);
    else
      update position_books set last_trade_seq = f.trade_seq, last_order_id = f.order_id
      where deployment_id = o.deployment_id and account_id = o.account_id and venue = o.venue and symbol = o.symbol;
      position_ids := fold_fill(f, v_method);
      v_part := 0;
      -- Closed before opened: the parts of a flip in their order.
      for p in select * from positions where id = any (position_ids) order by closed_at nulls last, cycle, id loop
        v_part := v_part + 1;
        update positions set version = version + 1, recorded_at = clock_timestamp() where id = p.id returning * into p;
        perform append_position_event(p,
          case when p.closed_at is not null then 'closed' when p.version = 1 then 'opened'
            when abs(p.qty) < (select abs(e.qty) from position_events as e where e.position_id = p.id and e.version = p.version - 1) then 'reduced'
            else 'increased' end,
          f.trade_id, f.order_id, f.matched_at, p_event_ids[i] || case when v_part > 1 then '/' || v_part else '' end, p_contexts[i]);
      end loop;
    end if;
    v_touched := v_touched || position_ids;
  end loop;
  if cardinality(p_trade_ids) > 0 then
    positions := (select coalesce(jsonb_agg(position_json(q)), '[]') from positions as q where q.id = any (v_touched));
    orders := (select coalesce(jsonb_agg(order_json(q)), '[]') from orders as q where q.id = any (p_order_ids));
    return next;
  end if;
end
$$;
