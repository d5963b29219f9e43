-- ok | same | unknown-deployment | not-valued | older-than-last
create or replace function snapshot_equity(p_deployment_id text, p_at timestamptz, p_oldest timestamptz)
returns table (outcome text, lacking jsonb, point jsonb)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  d deployments;
  e equity_points;
  v record;
  v_last timestamptz;
  v_peak numeric;
begin
  select * into d from deployments where id = p_deployment_id for no key update;
  if not found then
    return query select 'unknown-deployment', null::jsonb, null::jsonb;
    return;
  end if;
  select at, peak into v_last, v_peak from equity_points where deployment_id = p_deployment_id order by at desc limit 1;
  if v_last >= p_at then
    select * into e from equity_points where deployment_id = p_deployment_id and at = p_at;
    return query select case when e.at is null then 'older-than-last' else 'same' end, null::jsonb,
      case when e.at is not null then equity_json(e) end;
    return;
  end if;
  select * into v from value_portfolio(p_deployment_id, p_at, p_oldest);
  if v.lacking <> '[]' then
    return query select 'not-valued', v.lacking, null::jsonb;
    return;
  end if;
  v_peak := greatest(v_peak, v.equity, d.starting_equity);
  insert into equity_points (deployment_id, at, equity, cash, exposure, net_exposure, realized, unrealized, peak, drawdown)
  values (p_deployment_id, p_at, v.equity, v.cash, v.exposure, v.net_exposure, v.realized, v.unrealized, v_peak,
    ((v_peak - v.equity) / v_peak)::double precision)
  returning * into e;
  return query select 'ok', null::jsonb, equity_json(e);
end
$$;
