-- Locks what is voted on, then the request. The subject of a request never changes, so it is read without a lock.
create or replace function lock_approval(p_id text) returns approval_requests
language plpgsql
set search_path from current
as $$
declare
  r approval_requests;
begin
  select * into r from approval_requests where id = p_id;
  if r.subject_kind = 'transfer' then
    perform from transfers where id = r.subject_id for no key update;
  elsif r.subject_kind = 'policy-change' then
    perform from policy_sets where id = r.subject_id for no key update;
  end if;
  select * into r from approval_requests where id = p_id for no key update;
  return r;
end
$$;
