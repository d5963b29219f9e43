-- The history row and the event `break.changed` of the break's present version.
create or replace function append_break_event(p_id text, p_at timestamptz, p_event_id text, p_context write_context) returns void
language plpgsql
set search_path from current
as $$
declare
  b breaks;
begin
  select * into b from breaks where id = p_id;
  insert into break_events (break_id, version, state, kind, ours, theirs, owner_id, note, actor, occurred_at)
  values (b.id, b.version, b.state, b.kind, b.ours, b.theirs, b.owner_id, b.note, p_context.actor, p_at);
  perform append_event(p_event_id, 'break.changed', 'break', b.id, b.version, jsonb_strip_nulls(jsonb_build_object(
    'breakId', b.id, 'breakKey', b.break_key, 'source', b.source, 'kind', b.kind, 'custodyAccountId', b.account_id, 'asset', b.asset,
    'ours', trim_scale(b.ours)::text, 'theirs', trim_scale(b.theirs)::text, 'difference', trim_scale(b.difference)::text, 'state', b.state,
    'externalId', (select l.external_id from statement_lines as l where l.id = b.line_id), 'transactionId', b.tx_id, 'runId', b.last_run_id,
    'seenCount', b.seen_count, 'breakVersion', b.version)), p_at, p_context);
end
$$;
