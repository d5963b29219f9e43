-- One page of what a run found, and its cursor: matches beyond those by reference, and breaks. A break that lasts is seen once more, not made again.
-- p_matches: [{ id, rule, difference, lines: [id], entries: [[tx, n]] }]; p_breaks: [{ id, key, kind, accountId, asset, lineId, txId, n, ours, theirs, at }]
-- ok | stale-cursor
create or replace function record_differences(
  p_run_id text, p_cursor integer, p_next integer, p_matches jsonb, p_breaks jsonb, p_event_ids text[], p_at timestamptz, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  r reconciliation_runs;
  v_n integer := 0;
  v jsonb;
  b breaks;
begin
  select * into r from reconciliation_runs where id = p_run_id for no key update;
  if r.cursor <> p_cursor or r.status = 'completed' then
    return query select 'stale-cursor';
    return;
  end if;
  insert into matches (id, run_id, source, rule_version, rule, difference, matched_at)
  select m ->> 'id', r.id, r.source, r.rule_version, m ->> 'rule', (m ->> 'difference')::numeric, p_at from jsonb_array_elements(p_matches) as m;
  insert into match_items (match_id, item, source, line_id)
  select m ->> 'id', l.n, r.source, l.id::bigint from jsonb_array_elements(p_matches) as m, jsonb_array_elements_text(m -> 'lines') with ordinality as l (id, n);
  insert into match_items (match_id, item, source, tx_id, n)
  select m ->> 'id', 1000 + e.n, r.source, e.entry ->> 0, (e.entry ->> 1)::integer
  from jsonb_array_elements(p_matches) as m, jsonb_array_elements(m -> 'entries') with ordinality as e (entry, n);
  for v in select * from jsonb_array_elements(p_breaks) loop
    v_n := v_n + 1;
    select * into b from breaks where break_key = v ->> 'key' and state <> 'closed' for no key update;
    if not found then
      insert into breaks (id, break_key, run_kind, source, kind, account_id, asset, line_id, tx_id, n, ours, theirs, at, first_seen, last_seen, last_run_id)
      values (v ->> 'id', v ->> 'key', r.kind, r.source, v ->> 'kind', v ->> 'accountId', v ->> 'asset', (v ->> 'lineId')::bigint, v ->> 'txId',
        (v ->> 'n')::integer, (v ->> 'ours')::numeric, (v ->> 'theirs')::numeric, (v ->> 'at')::timestamptz, p_at, p_at, r.id);
      perform append_break_event(v ->> 'id', p_at, p_event_ids[v_n], p_context);
    elsif b.last_run_id <> r.id then
      update breaks set kind = v ->> 'kind', asset = v ->> 'asset', line_id = (v ->> 'lineId')::bigint, tx_id = v ->> 'txId', n = (v ->> 'n')::integer,
        ours = (v ->> 'ours')::numeric, theirs = (v ->> 'theirs')::numeric, last_seen = p_at, seen_count = b.seen_count + 1, last_run_id = r.id,
        version = b.version + 1, recorded_at = clock_timestamp()
      where id = b.id;
      -- Told only where it says something else.
      if (b.kind, b.asset, b.ours, b.theirs) is distinct from (v ->> 'kind', v ->> 'asset', (v ->> 'ours')::numeric, (v ->> 'theirs')::numeric) then
        perform append_break_event(b.id, p_at, p_event_ids[v_n], p_context);
      end if;
    end if;
  end loop;
  update reconciliation_runs set cursor = p_next, version = version + 1 where id = r.id;
  return query select 'ok';
end
$$;
