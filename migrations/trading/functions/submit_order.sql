-- Writes what is about to be asked of the venue, before it is asked.
-- ok | same | id-conflict | unknown-deployment | stale-epoch | deployment-stopped | check-expired | leg-missing | leg-in-netting | unknown-signal
-- | stale-fence
create or replace function submit_order(
  p_id text, p_deployment_id text, p_epoch bigint, p_symbol text, p_client_order_id text, p_signal_id text, p_side text, p_type text,
  p_tif text, p_qty numeric, p_limit_price numeric, p_stop_price numeric, p_quote_budget numeric, p_leg text, p_close_lots text[],
  p_tag text, p_exit_reason text, p_check_id text, p_valid_until timestamptz, p_expires_at timestamptz, p_run_id text, p_fence bigint,
  p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, "order" jsonb)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  d deployments;
  o orders;
begin
  select * into o from orders where id = p_id;
  if not found and p_client_order_id is not null then
    select * into o from orders where deployment_id = p_deployment_id and client_order_id = p_client_order_id;
  end if;
  if o.id is not null then
    return query select case when o.request_hash = p_request_hash then 'same' else 'id-conflict' end, order_json(o);
    return;
  end if;
  -- Held against who attaches or stops, which locks it.
  select * into d from deployments where id = p_deployment_id for share;
  outcome := case
    when d.id is null then 'unknown-deployment'
    when d.epoch <> p_epoch then 'stale-epoch'
    when d.actual = 'stopped' then 'deployment-stopped'
    when d.position_mode = 'hedging' and p_leg is null then 'leg-missing'
    when d.position_mode = 'netting' and p_leg is not null then 'leg-in-netting'
    when p_valid_until <= p_at then 'check-expired'
    when p_signal_id is not null and not exists (select from signals as s where s.id = p_signal_id and s.deployment_id = p_deployment_id)
      then 'unknown-signal'
    when p_run_id is not null and not raise_fence(p_run_id, p_fence) then 'stale-fence'
    else 'ok'
  end;
  if outcome = 'ok' then
    p_context.run_id := coalesce(p_run_id, p_context.run_id);
    p_context.fence := coalesce(p_fence, p_context.fence);
    insert into orders (id, deployment_id, account_id, venue, symbol, client_order_id, signal_id, side, type, tif, qty, limit_price,
      stop_price, quote_budget, leg, close_lots, tag, exit_reason, check_id, valid_until, expires_at, leaves_qty, request_hash, submitted_at)
    values (p_id, d.id, d.account_id, d.venue, p_symbol, p_client_order_id, p_signal_id, p_side, p_type, p_tif, p_qty, p_limit_price,
      p_stop_price, p_quote_budget, coalesce(p_leg, 'net'), coalesce(p_close_lots, '{}'), p_tag, p_exit_reason, p_check_id, p_valid_until,
      p_expires_at, p_qty, p_request_hash, p_at)
    on conflict do nothing
    returning * into o;
    if not found then
      -- The same id or client id came meanwhile.
      select * into o from orders where id = p_id or (deployment_id = p_deployment_id and client_order_id = p_client_order_id);
      return query select case when o.request_hash = p_request_hash then 'same' else 'id-conflict' end, order_json(o);
      return;
    end if;
    perform append_order_event(o, 'submitted', null, null, p_at, p_context);
    perform append_event(p_event_id, 'order.submitted', 'order', o.id, 1, jsonb_strip_nulls(jsonb_build_object(
      'orderId', o.id, 'deploymentId', o.deployment_id, 'accountId', o.account_id, 'venue', o.venue, 'symbol', o.symbol, 'side', o.side,
      'type', o.type, 'quantity', trim_scale(o.qty)::text, 'price', trim_scale(o.limit_price)::text, 'signalId', o.signal_id,
      'riskCheckId', o.check_id)), p_at, p_context);
  end if;
  "order" := case when o.id is not null then order_json(o) end;
  return next;
end
$$;
