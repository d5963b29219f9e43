-- The history row and the event `settlement.changed` of what an instruction now is.
create or replace function append_settlement_change(
  s settlement_instructions, p_type text, p_reason text, p_at timestamptz, p_event_id text, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
begin
  insert into settlement_events (instruction_id, version, type, status, settled_lots, reason, actor, occurred_at, recorded_at)
  values (s.id, s.version, p_type, s.status, s.settled_lots, p_reason, p_context.actor, p_at, clock_timestamp());
  perform append_event(p_event_id, 'settlement.changed', 'settlement', s.id, s.version, jsonb_strip_nulls(jsonb_build_object(
    'settlementId', s.id, 'source', s.source, 'reference', s.reference, 'change', p_type, 'status', s.status, 'priority', s.priority,
    'onHold', s.on_hold, 'delayedUntil', instant_text(s.delayed_until), 'nettingBatchId', s.netting_batch_id, 'intendedDate', s.intended_date,
    'reason', p_reason, 'settlementVersion', s.version)), p_at, p_context);
end
$$;
