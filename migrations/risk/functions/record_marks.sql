-- Prices, an older sequence of the same source never over a newer one; the history keeps the last price of each period.
-- ok | same | stale-sequence
create or replace function record_marks(
  p_symbols text[], p_kinds text[], p_prices numeric[], p_sources text[], p_seqs bigint[], p_event_ats timestamptz[], p_ats timestamptz[],
  p_period_ms bigint
) returns table (n integer, outcome text, version bigint)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v marks;
begin
  -- In one order, against another batch that has the same rows.
  perform from marks as m where (m.symbol, m.kind::text) in (select s, k from unnest(p_symbols, p_kinds) as i (s, k)) order by m.symbol, m.kind for no key update;
  for i in 1 .. cardinality(p_symbols) loop
    n := i;
    insert into marks as m (symbol, kind, price, source, seq, event_at, received_at)
    values (p_symbols[i], p_kinds[i], p_prices[i], p_sources[i], p_seqs[i], p_event_ats[i], p_ats[i])
    on conflict (symbol, kind) do update set
      price = excluded.price, source = excluded.source, seq = excluded.seq, event_at = excluded.event_at, received_at = excluded.received_at,
      version = m.version + 1
      where case when m.source = excluded.source then m.seq < excluded.seq else m.event_at < excluded.event_at end
    returning * into v;
    if found then
      outcome := 'ok';
      version := v.version;
      if p_kinds[i] in ('mark', 'last') then
        insert into mark_history as h (symbol, period_ms, starts_at, price, source, event_at)
        values (p_symbols[i], p_period_ms, date_bin(make_interval(secs => p_period_ms / 1000.0), p_event_ats[i], 'epoch'::timestamptz), p_prices[i], p_sources[i],
          p_event_ats[i])
        on conflict (symbol, period_ms, starts_at) do update set price = excluded.price, source = excluded.source, event_at = excluded.event_at
          where h.event_at <= excluded.event_at;
      end if;
    else
      select case when m.source = p_sources[i] and m.seq = p_seqs[i] and m.price = p_prices[i] then 'same' else 'stale-sequence' end, m.version
      into outcome, version from marks as m where m.symbol = p_symbols[i] and m.kind = p_kinds[i];
    end if;
    return next;
  end loop;
end
$$;
