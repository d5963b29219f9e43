-- Takes a lock off before its time.
-- ok | same | unknown-lock | stale-fence
create or replace function release_risk_lock(p_id text, p_run_id text, p_fence bigint, p_at timestamptz) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v risk_locks;
begin
  select * into v from risk_locks as l where l.id = p_id for no key update;
  outcome := case
    when v.id is null then 'unknown-lock'
    when v.released_at is not null then 'same'
    when p_run_id is not null and not raise_fence(p_run_id, p_fence) then 'stale-fence'
    else 'ok'
  end;
  if outcome = 'ok' then
    update risk_locks as l set released_at = p_at where l.id = p_id;
  end if;
  return next;
end
$$;
