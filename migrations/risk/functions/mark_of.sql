-- The price by which a symbol is valued: mark, else the side of the book it would be closed at, else last, else close; the first that is
-- fresh. Where none is, the best of the old ones with the code price-stale; where there is none at all, price-missing.
create or replace function mark_of(p_symbol text, p_long boolean, p_at timestamptz, p_max_age_ms bigint)
returns table (price numeric, kind text, event_at timestamptz, code text)
language plpgsql
stable
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  select m.price, m.kind, m.event_at, case when m.event_at < p_at - make_interval(secs => p_max_age_ms / 1000.0) then 'price-stale' end
  into price, kind, event_at, code
  from marks as m
  where m.symbol = p_symbol and m.kind <> case when p_long then 'ask' else 'bid' end
  order by m.event_at < p_at - make_interval(secs => p_max_age_ms / 1000.0),
    case m.kind when 'mark' then 1 when 'bid' then 2 when 'ask' then 2 when 'last' then 3 else 4 end, m.event_at desc
  limit 1;
  if price is null then
    code := 'price-missing';
  end if;
  return next;
end
$$;
