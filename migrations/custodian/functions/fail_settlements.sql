-- Opens the fails of those that p_failed marks, with their history rows and the events `settlement.failed`.
create or replace function fail_settlements(
  p_instructions settlement_instructions[], p_failed boolean[], p_reasons text[], p_at timestamptz, p_recorded_at timestamptz,
  p_event_ids text[], p_contexts write_context[]
) returns void
language plpgsql
set search_path from current
as $$
begin
  with failed as (
    select i.*, p_reasons[i.ordinality] as reason, p_event_ids[i.ordinality] as failed_event_id
    from unnest(p_instructions) with ordinality as i where p_failed[i.ordinality]
  ),
  opened as (
    insert into settlement_fails (instruction_id, failed_at, reason) select f.id, p_at, f.reason from failed as f
  ),
  history as (
    insert into settlement_events (instruction_id, version, type, status, settled_lots, reason, occurred_at, recorded_at)
    select f.id, f.version, 'failed', f.status, f.settled_lots, f.reason, p_at, p_recorded_at from failed as f
  )
  insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, recorded_at,
    trace_id, span_id, correlation_id, causation_id, actor)
  select f.failed_event_id, 'settlement.failed', 'settlement', f.id, f.version, jsonb_build_object('settlementId', f.id, 'source', f.source,
      'reference', f.reference, 'status', f.status, 'intendedDate', f.intended_date, 'reason', f.reason, 'lots', f.lots,
      'settledLots', f.settled_lots, 'legs', (
        select jsonb_agg(settlement_leg_json(l.n, l.kind, l.from_account_id, l.to_account_id, l.asset, l.lot_qty * (f.lots - f.settled_lots)) order by l.n)
        from settlement_legs as l where l.instruction_id = f.id), 'settlementVersion', f.version),
    p_at, p_recorded_at, c.trace_id, c.span_id, c.correlation_id, c.causation_id, c.actor
  from failed as f join unnest(p_contexts) with ordinality as c on c.ordinality = f.ordinality
  order by f.ordinality;
end
$$;
