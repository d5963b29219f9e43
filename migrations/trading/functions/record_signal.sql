-- ok | same | id-conflict | unknown-deployment | stale-epoch | deployment-stopped
create or replace function record_signal(
  p_id text, p_deployment_id text, p_epoch bigint, p_symbol text, p_bar_at timestamptz, p_action text, p_qty numeric, p_price numeric,
  p_tag text, p_outcome text, p_reason text, p_check_id text, p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  d deployments;
  s signals;
begin
  select * into s from signals where id = p_id;
  if found then
    return query select case when s.request_hash = p_request_hash then 'same' else 'id-conflict' end;
    return;
  end if;
  select * into d from deployments where id = p_deployment_id for share;
  outcome := case
    when d.id is null then 'unknown-deployment'
    when d.epoch <> p_epoch then 'stale-epoch'
    when d.actual = 'stopped' then 'deployment-stopped'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into signals (id, deployment_id, symbol, bar_at, action, qty, price, tag, outcome, reason, check_id, request_hash, signaled_at, decided_at)
    values (p_id, p_deployment_id, p_symbol, p_bar_at, p_action, p_qty, p_price, p_tag, p_outcome, p_reason, p_check_id, p_request_hash, p_at,
      case when p_outcome <> 'pending' then p_at end)
    on conflict (id) do nothing returning * into s;
    if not found then
      return query select case when o.request_hash = p_request_hash then 'same' else 'id-conflict' end from signals as o where o.id = p_id;
      return;
    end if;
    if s.outcome <> 'pending' then
      perform append_signal_event(s, p_event_id, p_context);
    end if;
  end if;
  return next;
end
$$;
