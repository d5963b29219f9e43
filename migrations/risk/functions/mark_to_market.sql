-- Values accounts (all, or those named) and the firm where all are valued: positions by their marks, holdings and quote assets by their rates.
-- What has no price, or an old one, is listed; what has none is left out of the sum, and nothing that compares with the past (baseline,
-- high water, curve) is moved by an incomplete sum. Answers how many positions were valued.
create or replace function mark_to_market(
  p_account_ids text[], p_currency text, p_time_zone text, p_max_age_ms bigint, p_at timestamptz
) returns table (scopes integer, positions integer, unpriced integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_scopes text[];
  v_day constant date := (p_at at time zone p_time_zone)::date;
begin
  perform enter_books(false);
  -- One at a time: a valuation is of one moment, and a later one is never overwritten by an earlier.
  perform pg_advisory_xact_lock(hashtextextended(current_schema() || ' valuations', 0));
  with names as materialized (
    select symbol, split_part(symbol, '-', 2) as quote from (select distinct symbol from venue_positions) as s
  ), rates as materialized (
    select x.asset, r.rate, r.code
    from (select quote as asset from names union select distinct asset from holdings) as x cross join lateral rate_of(x.asset, p_currency, p_at, p_max_age_ms) as r
  ), prices as materialized (
    select n.symbol, l.long, m.price, coalesce(m.code, r.code) as code, r.rate, m.price * r.rate as worth
    from names as n cross join (values (true), (false)) as l (long)
    join rates as r on r.asset = n.quote
    cross join lateral mark_of(n.symbol, l.long, p_at, p_max_age_ms) as m
  ), by_position as (
    select p.account_id, count(*) as positions, sum(p.realized * x.rate) as realized, sum(p.fees * x.rate) as fees,
      sum(p.qty * x.worth - p.cost * x.rate) filter (where p.qty <> 0) as unrealized,
      array_agg(distinct p.symbol || ' ' || x.code) filter (where p.qty <> 0 and x.code is not null) as unpriced
    from venue_positions as p join prices as x on x.symbol = p.symbol and x.long = (p.qty >= 0)
    where p_account_ids is null or p.account_id = any (p_account_ids)
    group by p.account_id
  ), by_holding as (
    select h.account_id, sum(h.amount * r.rate) as equity, sum(h.funding * r.rate) as funding,
      array_agg(distinct h.asset || ' ' || r.code) filter (where h.amount <> 0 and r.code is not null) as unpriced
    from holdings as h join rates as r on r.asset = h.asset
    where p_account_ids is null or h.account_id = any (p_account_ids)
    group by h.account_id
  ), valued as (
    delete from unvalued_flows as f using rates as r
    where r.asset = f.asset and r.code is null and (p_account_ids is null or f.account_id = any (p_account_ids))
    returning f.account_id, f.amount * r.rate as worth
  ), flowed as (
    select account_id, sum(worth) as worth from valued group by account_id
  ), accounts as (
    select 'account:' || coalesce(h.account_id, p.account_id) as scope, coalesce(h.equity, 0) as equity, coalesce(f.worth, 0) as flows, coalesce(p.realized, 0) as realized,
      coalesce(p.unrealized, 0) as unrealized, coalesce(p.fees, 0) as fees, coalesce(h.funding, 0) as funding,
      coalesce(h.unpriced, '{}') || coalesce(p.unpriced, '{}')
        || array(select u.asset || ' price-missing' from unvalued_flows as u where u.account_id = h.account_id and not exists (select from rates as r where r.asset = u.asset and r.code is null)) as unpriced,
      coalesce(p.positions, 0) as positions
    from by_holding as h full join by_position as p on p.account_id = h.account_id left join flowed as f on f.account_id = coalesce(h.account_id, p.account_id)
  ), every as (
    select * from accounts
    union all
    select 'firm', sum(equity), sum(flows), sum(realized), sum(unrealized), sum(fees), sum(funding),
      coalesce((select array_agg(distinct u) from accounts as a, unnest(a.unpriced) as u), '{}'), sum(positions)
    from accounts where p_account_ids is null having count(*) > 0
  ), was as (
    select v.scope, v.equity, v.flows, v.trading_day, v.unpriced from valuations as v
  ), written as (
    insert into valuations as v (scope, currency, equity, flows, realized, unrealized, fees, funding, trading_day, time_zone, unpriced, as_of)
    select e.scope, p_currency, round(e.equity, 18), round(e.flows, 18), round(e.realized, 18), round(e.unrealized, 18), round(e.fees, 18), round(e.funding, 18),
      v_day, p_time_zone, e.unpriced, p_at
    from every as e order by e.scope
    on conflict (scope) do update set
      currency = excluded.currency, equity = excluded.equity, flows = v.flows + excluded.flows, realized = excluded.realized, unrealized = excluded.unrealized,
      fees = excluded.fees, funding = excluded.funding, trading_day = excluded.trading_day, time_zone = excluded.time_zone, unpriced = excluded.unpriced,
      as_of = excluded.as_of, version = v.version + 1
    returning v.scope, v.equity, v.flows, v.unpriced
  ), based as (
    insert into pnl_baselines (scope, trading_day, equity, flows, at)
    -- What the day before ended with, where it is known.
    select w.scope, v_day, case when a.known then a.equity else w.equity end, case when a.known then a.flows else w.flows end, p_at
    from written as w left join (select was.*, cardinality(was.unpriced) = 0 as known from was) as a on a.scope = w.scope
    where cardinality(w.unpriced) = 0 or a.known
    order by w.scope
    on conflict (scope, trading_day) do nothing
  ), risen as (
    insert into high_waters as h (scope, value, flows, at)
    select w.scope, w.equity, w.flows, p_at from written as w where cardinality(w.unpriced) = 0 order by w.scope
    on conflict (scope) do update set
      at = case when excluded.value > h.value + excluded.flows - h.flows then excluded.at else h.at end,
      value = greatest(h.value + excluded.flows - h.flows, excluded.value), flows = excluded.flows
    returning h.scope, h.value
  ), drawn as (
    insert into equity_points as p (scope, at, equity, flows, drawdown)
    select w.scope, date_trunc('minute', p_at), w.equity, w.flows, case when r.value > 0 then least(((r.value - w.equity) / r.value)::double precision, 1e9) else 0 end
    from written as w join risen as r on r.scope = w.scope
    order by w.scope
    on conflict (scope, at) do update set equity = excluded.equity, flows = excluded.flows, drawdown = excluded.drawdown
  )
  select (select count(*) from written), (select coalesce(sum(a.positions), 0) from accounts as a), (select count(*) from written as w where cardinality(w.unpriced) > 0)
  into scopes, positions, unpriced;
  return next;
end
$$;
