-- What a deployment is worth at p_at by marks not older than p_oldest and not later than p_at. Each price that is missing or stale is named,
-- and then there is no equity. Amounts of a quote asset other than the currency are converted by the mark of `<quote>-<currency>`.
create or replace function value_portfolio(p_deployment_id text, p_at timestamptz, p_oldest timestamptz)
returns table (
  currency text, starting_equity numeric, realized numeric, unrealized numeric, exposure numeric, net_exposure numeric, equity numeric,
  cash numeric, lacking jsonb, holdings jsonb
)
language sql
stable
set search_path from current
as $$
  with d as materialized (select * from deployments where id = p_deployment_id),
  p as materialized (
    select p.*, split_part(p.symbol, '-', 2) as quote from positions as p where p.deployment_id = p_deployment_id and not p.is_void
  ),
  needed (symbol) as (
    select symbol from p where qty <> 0
    union
    select p.quote || '-' || d.currency from p, d where p.quote <> d.currency and (p.qty <> 0 or p.realized - p.fees + p.adjustments <> 0)
  ),
  prices as materialized (
    select n.symbol, m.price, m.marked_at,
      case when m.symbol is null or m.marked_at > p_at then 'price-missing' when m.marked_at < p_oldest then 'price-stale' end as lack
    from needed as n left join marks as m on m.symbol = n.symbol
  ),
  valued as materialized (
    select p.id, p.symbol, p.leg, p.qty, p.cost, p.realized - p.fees + p.adjustments as earned, m.price, m.marked_at, m.lack as price_lack,
      case when p.quote = d.currency then 1 else f.price end as rate
    from p cross join d
    left join prices as m on m.symbol = p.symbol
    left join prices as f on f.symbol = p.quote || '-' || d.currency
  ),
  sums as (
    select count(*) as positions,
      coalesce(round(sum(earned * rate), 18), 0) as realized,
      coalesce(round(sum((qty * price - cost) * rate) filter (where qty <> 0), 18), 0) as unrealized,
      coalesce(round(sum(abs(qty) * price * rate) filter (where qty <> 0), 18), 0) as exposure,
      coalesce(round(sum(qty * price * rate) filter (where qty <> 0), 18), 0) as net_exposure
    from valued
  ),
  lacks as (
    select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('symbol', symbol, 'reason', lack, 'markedAt', instant_text(marked_at))) order by symbol),
      '[]') as lacking
    from prices where lack is not null
  )
  select d.currency, d.starting_equity, s.realized, s.unrealized, s.exposure, s.net_exposure,
    d.starting_equity + s.realized + s.unrealized, d.starting_equity + s.realized + s.unrealized - s.net_exposure, l.lacking,
    (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('positionId', v.id, 'symbol', v.symbol, 'leg', v.leg,
      'quantity', trim_scale(v.qty)::text, 'cost', trim_scale(v.cost)::text, 'price', trim_scale(v.price)::text, 'markedAt', instant_text(v.marked_at),
      'marketValue', case when v.price_lack is null then trim_scale(round(v.qty * v.price, 18))::text end,
      'unrealized', case when v.price_lack is null then trim_scale(round(v.qty * v.price - v.cost, 18))::text end,
      'reason', v.price_lack)) order by v.symbol, v.leg, v.id), '[]') from valued as v where v.qty <> 0)
  from d cross join sums as s cross join lacks as l
$$;
