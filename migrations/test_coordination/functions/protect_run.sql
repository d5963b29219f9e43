-- A protected run keeps its logs and reports beyond their time.
-- ok | same | unknown-run
create or replace function protect_run(p_run_id text, p_protected boolean) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  update runs set protected = p_protected where id = p_run_id and protected <> p_protected;
  outcome := case when found then 'ok' when exists (select from runs where id = p_run_id) then 'same' else 'unknown-run' end;
  return next;
end
$$;
