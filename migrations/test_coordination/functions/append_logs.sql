-- Lines of a run, numbered by the caller: a line of a number that is there is not written again. Answers how many were new.
create or replace function append_logs(p_run_id text, p_lines jsonb) returns table (outcome text, written integer)
language plpgsql
set search_path from current
as $$
begin
  -- Nobody else writes this run's lines meanwhile: the key of a partitioned table cannot hold by number alone.
  perform from runs where id = p_run_id for no key update;
  if not found then
    outcome := 'unknown-run';
    return next;
    return;
  end if;
  insert into logs (run_id, item_id, n, level, text, attachment, at)
  select p_run_id, g."itemId", g.n, g.level, g.text, g.attachment, g.at
  from jsonb_to_recordset(p_lines) as g ("itemId" text, n bigint, level text, text text, attachment jsonb, at timestamptz)
  where not exists (select from logs as l where l.run_id = p_run_id and l.n = g.n);
  get diagnostics written = row_count;
  outcome := 'ok';
  return next;
end
$$;
