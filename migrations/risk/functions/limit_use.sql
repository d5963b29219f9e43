-- What a limit measures of a state of things, with an order (p_symbol, p_buying, p_selling) or without one: then only what is held
-- counts. A code says why it cannot be told.
create or replace function limit_use(
  p_metric text, p_scope text, p_currency text, p_max_age_ms bigint, p_symbol text, p_buying numeric, p_selling numeric, p_at timestamptz
) returns table (observed numeric, code text, marks jsonb)
language plpgsql
stable
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_instrument constant boolean := p_scope like 'instrument:%';
  v_base constant text := case when v_instrument then 'firm' else split_part(p_scope, '|', 1) end;
  v_only constant text := case when v_instrument then substr(p_scope, 12) else nullif(split_part(p_scope, '|', 2), '') end;
  v_ordered constant boolean := p_symbol is not null;
  e exposures;
  a record;
  v record;
  v_rate record;
begin
  case p_metric
    when 'position' then
      select * into e from exposures as x where x.scope = v_base and x.symbol = p_symbol;
      observed := abs(coalesce(e.net_qty, 0) + case when p_buying > 0 or p_selling = 0 then coalesce(e.buying, 0) + p_buying else -coalesce(e.selling, 0) - p_selling end);
    when 'gross-exposure', 'net-exposure', 'concentration', 'leverage' then
      select sum(case when v_ordered then greatest(abs(x.if_bought), abs(x.if_sold)) else abs(x.held) end) as gross,
        case when v_ordered then greatest(abs(sum(x.if_bought)), abs(sum(x.if_sold))) else abs(sum(x.held)) end as net,
        max(case when v_ordered then greatest(abs(x.if_bought), abs(x.if_sold)) else abs(x.held) end) as largest,
        min(x.code) as code, jsonb_object_agg(x.symbol, x.mark) as marks
      into a from scope_amounts(v_base, v_only, p_symbol, p_buying, p_selling, p_currency, p_at, p_max_age_ms) as x;
      marks := a.marks;
      code := a.code;
      observed := case p_metric when 'net-exposure' then coalesce(a.net, 0)
        when 'concentration' then case when a.gross > 0 then round(a.largest / a.gross, 9) else 0 end else coalesce(a.gross, 0) end;
      if p_metric = 'leverage' and code is null then
        select * into v from valuations as w where w.scope = v_base;
        code := case when v.scope is null then 'valuation-missing' when v.as_of < p_at - make_interval(secs => p_max_age_ms / 1000.0) then 'valuation-stale'
          when v.equity <= 0 and observed > 0 then 'no-equity' end;
        select * into v_rate from rate_of(coalesce(v.currency, p_currency), p_currency, p_at, p_max_age_ms);
        code := coalesce(code, v_rate.code);
        observed := case when observed = 0 then 0 when v.equity > 0 then round(observed / (v.equity * v_rate.rate), 9) end;
      end if;
    when 'open-orders', 'open-positions' then
      select case p_metric when 'open-orders' then coalesce(sum(x.open_orders), 0)
        else count(*) filter (where x.net_qty <> 0 or v_ordered and (x.buying <> 0 or x.selling <> 0)) end into observed
      from exposures as x where x.scope = v_base and (v_only is null or x.symbol = v_only);
      if p_metric = 'open-positions' and v_ordered and p_buying + p_selling > 0 and not exists (
        select from exposures as x where x.scope = v_base and x.symbol = p_symbol and (x.net_qty <> 0 or x.buying <> 0 or x.selling <> 0)) then
        observed := observed + 1;
      end if;
    when 'daily-loss', 'drawdown' then
      select w.*, b.equity - b.flows as day_result, h.value + w.flows - h.flows as high into v
      from valuations as w
      left join pnl_baselines as b on b.scope = w.scope and b.trading_day = w.trading_day
      left join high_waters as h on h.scope = w.scope
      where w.scope = v_base;
      code := case when v.scope is null or v.day_result is null or v.high is null then 'valuation-missing'
        when v.as_of < p_at - make_interval(secs => p_max_age_ms / 1000.0) then 'valuation-stale' when cardinality(v.unpriced) > 0 then 'price-missing' end;
      select * into v_rate from rate_of(coalesce(v.currency, p_currency), p_currency, p_at, p_max_age_ms);
      code := coalesce(code, case p_metric when 'daily-loss' then v_rate.code end);
      observed := case when p_metric = 'daily-loss' then round(greatest(0, v.day_result - (v.equity - v.flows)) * v_rate.rate, 18)
        when v.high > 0 then round(greatest(0, (v.high - v.equity) / v.high), 9) when v.high is not null then 0 end;
    when 'value-at-risk' then
      select r.value_at_risk, r.ran_at into v from var_runs as r where r.scope = v_base order by r.ran_at desc, r.id desc limit 1;
      observed := round(v.value_at_risk::numeric, 9);
      code := case when v.ran_at is null or observed is null then 'valuation-missing'
        when v.ran_at < p_at - make_interval(secs => p_max_age_ms / 1000.0) then 'valuation-stale' end;
    else
      null;
  end case;
  return next;
end
$$;
