-- Keeps a scope, or one side of it, from trading for a while.
-- ok | same | id-conflict
create or replace function place_risk_lock(
  p_id text, p_scope text, p_side text, p_reason text, p_from timestamptz, p_until timestamptz, p_request_hash text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  perform enter_books(true);
  insert into risk_locks (id, scope, side, reason, from_at, until_at, request_hash, actor)
  values (p_id, p_scope, p_side, p_reason, p_from, p_until, p_request_hash, p_context.actor)
  on conflict (id) do nothing;
  if found then
    return query select 'ok';
  else
    return query select case when l.request_hash = p_request_hash then 'same' else 'id-conflict' end from risk_locks as l where l.id = p_id;
  end if;
end
$$;
