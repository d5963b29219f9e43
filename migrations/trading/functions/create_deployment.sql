-- ok | same | id-conflict | unknown-strategy-version | strategy-not-active
create or replace function create_deployment(
  p_id text, p_strategy_id text, p_strategy_version integer, p_mode text, p_account_id text, p_venue text, p_currency text,
  p_starting_equity numeric, p_position_mode text, p_lot_method text, p_request_hash text, p_at timestamptz, p_event_id text,
  p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
  v_status text;
begin
  select d.request_hash into v_hash from deployments as d where d.id = p_id;
  if not found then
    -- Held against the retiring of the strategy, which locks it.
    select s.status into v_status from strategies as s where s.id = p_strategy_id for share;
    if not exists (select from strategy_versions as v where v.strategy_id = p_strategy_id and v.version = p_strategy_version) then
      return query select 'unknown-strategy-version';
      return;
    elsif v_status <> 'active' then
      return query select 'strategy-not-active';
      return;
    end if;
  end if;
  insert into deployments (id, strategy_id, strategy_version, mode, account_id, venue, currency, starting_equity, position_mode, lot_method,
    request_hash, created_at)
  values (p_id, p_strategy_id, p_strategy_version, p_mode, p_account_id, p_venue, p_currency, p_starting_equity, p_position_mode,
    p_lot_method, p_request_hash, p_at)
  on conflict (id) do nothing;
  if not found then
    return query select case when d.request_hash = p_request_hash then 'same' else 'id-conflict' end from deployments as d where d.id = p_id;
    return;
  end if;
  perform append_deployment_event(p_id, 'created', p_at, p_event_id, p_context);
  return query select 'ok';
end
$$;
