-- Trades of one venue and symbol, in any order. outcomes is null where all were inserted, else one a member:
-- inserted | duplicate | id-conflict. Trades older than what is closed mark the candles they belong to.
create or replace function record_trades(
  p_venue text, p_symbol text, p_ids text[], p_event_ats timestamptz[], p_seqs bigint[], p_prices numeric[], p_qtys numeric[], p_sides text[],
  p_covered tstzmultirange, p_event_id text, p_at timestamptz, p_context write_context
) returns table (inserted integer, outcomes text[], version bigint)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_recorded_at timestamptz;
  v_first timestamptz;
  v_last timestamptz;
  v_added timestamptz[];
begin
  insert into trade_series (venue, symbol) values (p_venue, p_symbol) on conflict do nothing;
  select s.version into version from trade_series as s where s.venue = p_venue and s.symbol = p_symbol for no key update;
  v_recorded_at := clock_timestamp();

  with added as (
    insert into trades (venue, symbol, event_at, venue_trade_id, seq, price, qty, quote_qty, taker_side, recorded_at)
    select p_venue, p_symbol, t.event_at, t.id, t.seq, t.price, t.qty, t.price * t.qty, t.side, v_recorded_at
    from unnest(p_ids, p_event_ats, p_seqs, p_prices, p_qtys, p_sides) as t (id, event_at, seq, price, qty, side)
    on conflict do nothing
    returning event_at)
  select count(*), min(event_at), max(event_at), array_agg(event_at) into inserted, v_first, v_last, v_added from added;

  if inserted < cardinality(p_ids) then
    -- The first member of a key was inserted if the row is this batch's; members of one key agree with the row or do not.
    select array_agg(case
        when t.recorded_at = v_recorded_at and m.nth = 1 then 'inserted'
        when (t.seq, t.price, t.qty) = (m.seq, m.price, m.qty) and t.taker_side is not distinct from m.side then 'duplicate'
        else 'id-conflict' end order by m.n)
    into outcomes
    from (
      select u.*, row_number() over (partition by u.event_at, u.id order by u.n) as nth
      from unnest(p_ids, p_event_ats, p_seqs, p_prices, p_qtys, p_sides) with ordinality as u (id, event_at, seq, price, qty, side, n)) as m
    join trades as t on t.venue = p_venue and t.symbol = p_symbol and t.event_at = m.event_at and t.venue_trade_id = m.id;
  end if;

  if inserted > 0 then
    insert into candle_dirty (symbol, interval, price_type, source, open_time)
    select distinct p_symbol, i.name, 'trade', p_venue, bucket_of(i, a.event_at)
    from candle_watermarks as w
    join intervals as i on i.name = w.interval and i.rolled_from is null
    cross join unnest(v_added) as a (event_at)
    where w.symbol = p_symbol and w.source = p_venue and w.price_type = 'trade' and v_first < w.closed_until and a.event_at < w.closed_until
    on conflict do nothing;
    version := version + 1;
    update trade_series as s set version = s.version + 1, trade_count = s.trade_count + inserted,
      first_event_at = least(s.first_event_at, v_first), last_event_at = greatest(s.last_event_at, v_last)
    where s.venue = p_venue and s.symbol = p_symbol;
    perform append_event(p_event_id, 'trades.recorded', 'trades', p_venue || '/' || p_symbol, version,
      jsonb_build_object('venue', p_venue, 'symbol', p_symbol, 'count', inserted, 'from', instant_text(v_first), 'to', instant_text(v_last)),
      p_at, p_context);
  end if;
  if p_covered is not null then
    perform cover_range(p_symbol, 'trades', p_venue, '', '', p_covered);
  end if;
  return next;
end
$$;
