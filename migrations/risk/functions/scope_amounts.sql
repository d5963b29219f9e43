-- What a scope has of each symbol, valued in a currency: held now, and if all that is reserved to buy, or to sell, were filled, with
-- p_buying or p_selling of p_symbol more. A symbol without exposure is not looked up; one without a price has a code and no value.
create or replace function scope_amounts(
  p_scope text, p_only_symbol text, p_symbol text, p_buying numeric, p_selling numeric, p_currency text, p_at timestamptz, p_max_age_ms bigint
) returns table (symbol text, held numeric, if_bought numeric, if_sold numeric, code text, mark jsonb)
language sql
stable
set search_path from current
as $$
  select e.symbol, round(e.net * m.price * r.rate, 18), round((e.net + e.buying) * m.price * r.rate, 18), round((e.net - e.selling) * m.price * r.rate, 18),
    coalesce(m.code, r.code), jsonb_build_object('price', trim_scale(m.price)::text, 'kind', m.kind, 'at', instant_text(m.event_at),
      'ageMs', round(extract(epoch from p_at - m.event_at) * 1000))
  from (
    select x.symbol, sum(x.net) as net, sum(x.buying) as buying, sum(x.selling) as selling
    from (
      select e.symbol, e.net_qty::numeric as net, e.buying::numeric as buying, e.selling::numeric as selling from exposures as e
      where e.scope = p_scope and (p_only_symbol is null or e.symbol = p_only_symbol)
      union all
      select p_symbol, 0, p_buying, p_selling where p_symbol is not null) as x
    group by x.symbol
    having sum(x.net) <> 0 or sum(x.buying) <> 0 or sum(x.selling) <> 0) as e
  cross join lateral mark_of(e.symbol, e.net >= 0, p_at, p_max_age_ms) as m
  cross join lateral rate_of(split_part(e.symbol, '-', 2), p_currency, p_at, p_max_age_ms) as r
$$;
