-- What is null stays as it is; p_version null means any. Orders keep the fees they were placed under.
-- ok | same | unknown-market | stale-version | illegal-transition | unknown-fee-schedule
create or replace function change_market(
  p_symbol text, p_version bigint, p_status text, p_fee_version integer, p_reason text, p_at timestamptz, p_context write_context
) returns table (outcome text, version bigint)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_market market_states;
begin
  select * into v_market from market_states where symbol = p_symbol for no key update;
  version := v_market.version;
  outcome := case
    when v_market.symbol is null then 'unknown-market'
    when coalesce(p_status, v_market.status) = v_market.status and coalesce(p_fee_version, v_market.fee_version) = v_market.fee_version then 'same'
    when p_version <> v_market.version then 'stale-version'
    when p_status <> v_market.status and not exists (
      select from transitions where machine = 'market' and from_status = v_market.status and to_status = p_status) then 'illegal-transition'
    when p_fee_version is not null and not exists (
      select from fee_schedules where version = p_fee_version and tier = 'standard') then 'unknown-fee-schedule'
    else 'ok'
  end;
  if outcome = 'ok' then
    version := version + 1;
    update market_states set status = coalesce(p_status, status), fee_version = coalesce(p_fee_version, fee_version), version = version + 1
    where symbol = p_symbol;
    insert into market_events (symbol, version, prev_status, status, fee_version, reason, actor, occurred_at)
    values (p_symbol, v_market.version + 1, v_market.status, coalesce(p_status, v_market.status), coalesce(p_fee_version, v_market.fee_version),
      p_reason, p_context.actor, p_at);
  end if;
  return next;
end
$$;
