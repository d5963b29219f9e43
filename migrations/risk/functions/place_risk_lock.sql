-- Keeps a scope, or one side of it, from trading for a while.
-- ok | same | id-conflict | stale-fence
create or replace function place_risk_lock(
  p_id text, p_scope text, p_side text, p_reason text, p_from timestamptz, p_until timestamptz, p_run_id text, p_fence bigint, p_request_hash text,
  p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v risk_locks;
begin
  perform enter_books(true);
  select * into v from risk_locks as l where l.id = p_id;
  outcome := case
    when v.request_hash = p_request_hash then 'same'
    when v.id is not null then 'id-conflict'
    when p_run_id is not null and not raise_fence(p_run_id, p_fence) then 'stale-fence'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into risk_locks (id, scope, side, reason, from_at, until_at, run_id, fence, request_hash, actor)
    values (p_id, p_scope, p_side, p_reason, p_from, p_until, p_run_id, p_fence, p_request_hash, p_context.actor);
  end if;
  return next;
end
$$;
