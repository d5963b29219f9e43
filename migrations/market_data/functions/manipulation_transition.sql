-- The history row and the event of a manipulation's present state.
create or replace function manipulation_transition(
  p_manipulation manipulations, p_from text, p_cause text, p_fence bigint, p_event_id text, p_at timestamptz, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
begin
  insert into manipulation_transitions (manipulation_id, version, from_state, to_state, cause, actor, run_id, fence, event_id, occurred_at)
  values (p_manipulation.id, p_manipulation.version, p_from, p_manipulation.state, p_cause, p_context.actor, p_manipulation.run_id, p_fence,
    p_event_id, p_at);
  perform append_event(p_event_id, 'manipulation.changed', 'manipulation', p_manipulation.id, p_manipulation.version,
    jsonb_strip_nulls(jsonb_build_object(
      'manipulationId', p_manipulation.id, 'symbol', p_manipulation.symbol, 'kind', p_manipulation.kind, 'modifier', p_manipulation.modifier,
      'state', p_manipulation.state, 'previousState', p_from, 'cause', p_cause, 'endsAt', instant_text(p_manipulation.ends_at),
      'runId', p_manipulation.run_id, 'fence', p_fence, 'manipulationVersion', p_manipulation.version)), p_at, p_context);
end
$$;
