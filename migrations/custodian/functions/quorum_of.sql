-- Whether these persons of a request's frozen set meet its quorum.
create or replace function quorum_of(p_request_id text, p_approver_ids text[]) returns boolean
language plpgsql
stable
set search_path from current
as $$
begin
  return quorum_met(
    (select join_rule from approval_requests where id = p_request_id),
    array(select threshold from approval_groups where request_id = p_request_id order by n),
    array(select groups from approval_eligibles where request_id = p_request_id and approver_id = any (p_approver_ids)));
end
$$;
