-- The events of a batch of one type, in its order: a member without a payload (refused, or nothing to tell) has none.
create or replace function append_events(
  p_event_ids text[], p_type text, p_aggregate text, p_aggregate_ids text[], p_aggregate_versions bigint[],
  p_payloads jsonb[], p_occurred_ats timestamptz[], p_recorded_at timestamptz, p_contexts write_context[]
) returns void
language plpgsql
set search_path from current
as $$
begin
  insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, recorded_at,
    trace_id, span_id, correlation_id, causation_id, actor, run_id, fence, source, source_seq)
  select e.event_id, p_type, p_aggregate, e.aggregate_id, e.aggregate_version, e.payload, e.occurred_at, p_recorded_at,
    e.trace_id, e.span_id, e.correlation_id, e.causation_id, e.actor, e.run_id, e.fence, e.source, e.source_seq
  from unnest(p_event_ids, p_aggregate_ids, p_aggregate_versions, p_payloads, p_occurred_ats, p_contexts)
    as e (event_id, aggregate_id, aggregate_version, payload, occurred_at,
    trace_id, span_id, correlation_id, causation_id, actor, run_id, fence, source, source_seq)
  where e.payload is not null;
end
$$;
