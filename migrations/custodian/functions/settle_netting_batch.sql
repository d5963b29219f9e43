-- Moves all obligations of a batch in one transaction, and with them settles its instructions; or nothing.
-- ok | same | unknown-batch | batch-cancelled | not-due | account-suspended | account-closed | insufficient-holdings
create or replace function settle_netting_batch(p_id text, p_at timestamptz, p_event_id text, p_event_ids text[], p_context write_context)
returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  b netting_batches;
  v_instructions settlement_instructions[];
  v_accounts text[];
  v_assets text[];
  v_amounts numeric[];
  v_now timestamptz;
begin
  -- Instructions before the batch: a cancelled batch has none any more.
  v_instructions := array(select s from settlement_instructions as s where s.netting_batch_id = p_id and s.status = 'netted' order by s.id for no key update);
  select * into b from netting_batches where id = p_id for no key update;
  outcome := case
    when b.id is null then 'unknown-batch'
    when b.status = 'settled' then 'same'
    when b.status = 'cancelled' then 'batch-cancelled'
    when p_at < b.due_at then 'not-due'
  end;
  if outcome is null then
    p_context.correlation_id := coalesce(b.correlation_id, p_context.correlation_id);
    p_context.causation_id := coalesce(p_context.causation_id, b.event_id);
    select array_agg(o.account_id order by o.n), array_agg(o.asset order by o.n), array_agg(o.amount order by o.n)
    into v_accounts, v_assets, v_amounts from net_obligations as o where o.batch_id = p_id;
    -- Where everything nets out to nothing, nothing moves.
    outcome := case when v_accounts is null then 'ok'
      else post_movements('netting', p_id, v_accounts, v_assets, v_amounts, null, null, null, p_at, p_context) end;
  end if;
  if outcome = 'ok' then
    v_now := clock_timestamp();
    update netting_batches set status = 'settled', closed_at = p_at, version = version + 1 where id = p_id;
    perform append_netting_event(p_id, null, p_at, p_event_id, p_context);
    update settlement_instructions as s set status = 'settled', settled_lots = s.lots, closed_at = p_at, version = s.version + 1, recorded_at = v_now
    from unnest(v_instructions) as i where s.id = i.id;
    update settlement_fails as f set ended_at = greatest(p_at, f.failed_at)
    from unnest(v_instructions) as i where f.instruction_id = i.id and f.ended_at is null;
    insert into settlement_events (instruction_id, version, type, status, settled_lots, tx_id, actor, occurred_at, recorded_at)
    select i.id, i.version + 1, 'settled', 'settled', i.lots, 'netting:' || p_id, p_context.actor, p_at, v_now from unnest(v_instructions) as i;
    insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, recorded_at,
      trace_id, span_id, correlation_id, causation_id, actor, run_id, fence)
    select p_event_ids[i.ordinality], 'settlement.settled', 'settlement', i.id, i.version + 1, jsonb_build_object('settlementId', i.id,
        'source', i.source, 'reference', i.reference, 'status', 'settled', 'intendedDate', i.intended_date, 'transactionId', 'netting:' || p_id,
        'lots', i.lots, 'settledLots', i.lots, 'legs', (
          select jsonb_agg(settlement_leg_json(l.n, l.kind, l.from_account_id, l.to_account_id, l.asset, l.qty) order by l.n)
          from settlement_legs as l where l.instruction_id = i.id), 'settlementVersion', i.version + 1),
      p_at, v_now, p_context.trace_id, p_context.span_id, coalesce(i.correlation_id, p_context.correlation_id), i.event_id, p_context.actor,
      p_context.run_id, p_context.fence
    from unnest(v_instructions) with ordinality as i order by i.ordinality;
  end if;
  return next;
end
$$;
