-- What was written before it was cut off is counted too.
-- ok | same
create or replace function complete_reconciliation(
  p_id text, p_lines integer, p_entries integer, p_matched integer, p_grouped integer, p_differences integer, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  update reconciliation_runs as r set status = 'completed', completed_at = p_at, lines = p_lines, entries = p_entries, matched = p_matched,
    grouped = case when r.dry_run then p_grouped else (select count(*) from matches as m where m.run_id = r.id) end,
    differences = case when r.dry_run then p_differences else (
      select count(*) from breaks as b where b.source = r.source and b.run_kind = r.kind and b.state <> 'closed' and b.last_run_id = r.id) end,
    version = r.version + 1
  where r.id = p_id and r.status = 'running';
  return query select case when found then 'ok' else 'same' end;
end
$$;
