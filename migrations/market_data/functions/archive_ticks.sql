-- Ticks of one symbol, each source's in growing sequence. p_continues: nothing is missing before them, so the time since the last archived tick
-- of a source counts as covered.
create or replace function archive_ticks(
  p_symbol text, p_sources text[], p_event_ats timestamptz[], p_seqs bigint[], p_prices numeric[], p_bids numeric[], p_asks numeric[],
  p_continues boolean
) returns table (archived integer)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  insert into price_ticks (symbol, source, event_at, seq, price, bid, ask)
  select p_symbol, t.* from unnest(p_sources, p_event_ats, p_seqs, p_prices, p_bids, p_asks) as t (source, event_at, seq, price, bid, ask)
  on conflict do nothing;
  get diagnostics archived = row_count;
  -- A source's clock may go back a little: what is covered ends with the latest instant.
  perform cover_range(p_symbol, 'ticks', s.source, '', '', tstzmultirange(tstzrange(
    case when p_continues then least(s.first, l.event_at) else s.first end, s.last + interval '1 microsecond')))
  from (
    select t.source, min(t.event_at) as first, max(t.event_at) as last
    from unnest(p_sources, p_event_ats) as t (source, event_at) group by t.source) as s
  left join last_ticks as l on l.symbol = p_symbol and l.source = s.source
  order by s.source;
  insert into last_ticks as l (symbol, source, event_at, seq, price, bid, ask)
  select distinct on (t.source) p_symbol, t.*
  from unnest(p_sources, p_event_ats, p_seqs, p_prices, p_bids, p_asks) as t (source, event_at, seq, price, bid, ask)
  order by t.source, t.seq desc
  on conflict (symbol, source) do update
    set event_at = excluded.event_at, seq = excluded.seq, price = excluded.price, bid = excluded.bid, ask = excluded.ask
    where l.seq < excluded.seq;
  return next;
end
$$;
