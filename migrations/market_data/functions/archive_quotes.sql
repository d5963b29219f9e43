-- Folds quotes of one symbol, each source's in growing sequence, into its minutes: a quote stands until the next one of its source, an hour at most.
-- Without p_continues what stood before is not known to have stood until now.
create or replace function archive_quotes(
  p_symbol text, p_sources text[], p_event_ats timestamptz[], p_seqs bigint[], p_bids numeric[], p_bid_qtys numeric[], p_asks numeric[],
  p_ask_qtys numeric[], p_levels integer[], p_bid_depths numeric[], p_ask_depths numeric[], p_continues boolean
) returns table (minutes integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  -- One folder at a time is what the archiver's lease says; the lock says it to whoever comes beside it.
  perform from quote_states where symbol = p_symbol order by source for no key update;
  with fresh as (
    select n.*, true as is_new
    from unnest(p_sources, p_event_ats, p_seqs, p_bids, p_bid_qtys, p_asks, p_ask_qtys, p_levels, p_bid_depths, p_ask_depths)
      as n (source, event_at, seq, bid, bid_qty, ask, ask_qty, depth_levels, bid_depth, ask_depth)
    left join quote_states as s on s.symbol = p_symbol and s.source = n.source
    where s.seq is null or n.seq > s.seq),
  quotes as (
    select s.source, s.event_at, s.seq, s.bid, s.bid_qty, s.ask, s.ask_qty, s.depth_levels, s.bid_depth, s.ask_depth, false as is_new
    from quote_states as s where s.symbol = p_symbol and p_continues and s.source in (select source from fresh)
    union all
    select * from fresh),
  followed as (select q.*, lead(q.event_at) over (partition by q.source order by q.seq) as next_at from quotes as q),
  stood as (select f.*, least(f.next_at, f.event_at + interval '1 hour') as until from followed as f where f.next_at is not null),
  parts as (
    select s.*, m.minute,
      (extract(epoch from least(s.until, m.minute + interval '1 minute') - greatest(s.event_at, m.minute)) * 1000000)::bigint as micros
    from stood as s
    cross join lateral generate_series(date_trunc('minute', s.event_at, 'UTC'), s.until - interval '1 microsecond', interval '1 minute') as m (minute)
    where s.until > s.event_at),
  sums as (
    select p.source, p.minute, p.micros, (p.ask - p.bid) * p.micros as spread_sum, (p.ask + p.bid) * p.micros as mid2_sum,
      p.bid_qty * p.micros as bid_qty_sum, p.ask_qty * p.micros as ask_qty_sum, p.ask - p.bid as spread, p.depth_levels,
      case when p.depth_levels is null then 0 else p.micros end as depth_micros, coalesce(p.bid_depth * p.micros, 0) as bid_depth_sum,
      coalesce(p.ask_depth * p.micros, 0) as ask_depth_sum, 0 as quotes, 0 as crossed
    from parts as p
    union all
    select f.source, date_trunc('minute', f.event_at, 'UTC'), 0, 0, 0, 0, 0, f.ask - f.bid, f.depth_levels, 0, 0, 0, 1, (f.bid > f.ask)::integer
    from fresh as f),
  written as (
    insert into quote_minutes as q (symbol, source, minute, micros, spread_sum, mid2_sum, bid_qty_sum, ask_qty_sum, spread_min, spread_max,
      depth_levels, depth_micros, bid_depth_sum, ask_depth_sum, quote_count, crossed_count)
    select p_symbol, s.source, s.minute, sum(s.micros), sum(s.spread_sum), sum(s.mid2_sum), sum(s.bid_qty_sum), sum(s.ask_qty_sum), min(s.spread),
      max(s.spread), max(s.depth_levels), sum(s.depth_micros), sum(s.bid_depth_sum), sum(s.ask_depth_sum), sum(s.quotes), sum(s.crossed)
    from sums as s group by s.source, s.minute
    on conflict (symbol, source, minute) do update
      set micros = q.micros + excluded.micros, spread_sum = q.spread_sum + excluded.spread_sum, mid2_sum = q.mid2_sum + excluded.mid2_sum,
        bid_qty_sum = q.bid_qty_sum + excluded.bid_qty_sum, ask_qty_sum = q.ask_qty_sum + excluded.ask_qty_sum,
        spread_min = least(q.spread_min, excluded.spread_min), spread_max = greatest(q.spread_max, excluded.spread_max),
        depth_levels = coalesce(excluded.depth_levels, q.depth_levels), depth_micros = q.depth_micros + excluded.depth_micros,
        bid_depth_sum = q.bid_depth_sum + excluded.bid_depth_sum, ask_depth_sum = q.ask_depth_sum + excluded.ask_depth_sum,
        quote_count = q.quote_count + excluded.quote_count, crossed_count = q.crossed_count + excluded.crossed_count
    returning 1)
  select count(*) into minutes from written;
  perform cover_range(p_symbol, 'quotes', s.source, '', '', tstzmultirange(tstzrange(
    case when p_continues then least(s.first, q.event_at) else s.first end, s.last + interval '1 microsecond')))
  from (
    select t.source, min(t.event_at) as first, max(t.event_at) as last
    from unnest(p_sources, p_event_ats) as t (source, event_at) group by t.source) as s
  left join quote_states as q on q.symbol = p_symbol and q.source = s.source
  order by s.source;
  insert into quote_states as s (symbol, source, event_at, seq, bid, bid_qty, ask, ask_qty, depth_levels, bid_depth, ask_depth)
  select distinct on (n.source) p_symbol, n.*
  from unnest(p_sources, p_event_ats, p_seqs, p_bids, p_bid_qtys, p_asks, p_ask_qtys, p_levels, p_bid_depths, p_ask_depths)
    as n (source, event_at, seq, bid, bid_qty, ask, ask_qty, depth_levels, bid_depth, ask_depth)
  order by n.source, n.seq desc
  on conflict (symbol, source) do update
    set event_at = excluded.event_at, seq = excluded.seq, bid = excluded.bid, bid_qty = excluded.bid_qty, ask = excluded.ask,
      ask_qty = excluded.ask_qty, depth_levels = excluded.depth_levels, bid_depth = excluded.bid_depth, ask_depth = excluded.ask_depth
    where s.seq < excluded.seq;
  return next;
end
$$;
