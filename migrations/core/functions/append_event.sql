-- One event, written after the aggregate's lock inside the business statement. Batches use append_events.
create or replace function append_event(
  p_event_id text, p_type text, p_aggregate text, p_aggregate_id text, p_aggregate_version bigint,
  p_payload jsonb, p_occurred_at timestamptz, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
begin
  insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at,
    trace_id, span_id, correlation_id, causation_id, actor, run_id, fence, source, source_seq)
  values (p_event_id, p_type, p_aggregate, p_aggregate_id, p_aggregate_version, p_payload, p_occurred_at,
    p_context.trace_id, p_context.span_id, p_context.correlation_id, p_context.causation_id, p_context.actor,
    p_context.run_id, p_context.fence, p_context.source, p_context.source_seq);
end
$$;
