-- Each group with its threshold and the approvals that count in it, in the groups' order. A person in two groups shows in both.
create or replace function approval_progress(p_request_id text) returns jsonb
language plpgsql
stable
set search_path from current
as $$
begin
  return (
    select jsonb_agg(jsonb_build_object('name', g.name, 'threshold', g.threshold, 'approvals', (
      select count(*) from approval_votes as v
      join approval_eligibles as e on e.request_id = v.request_id and e.approver_id = v.approver_id
      join approvers as a on a.id = v.approver_id and a.status = 'active' and a.version = v.approver_version
      where v.request_id = p_request_id and v.decision = 'approve' and e.groups & (1 << g.n) <> 0)) order by g.n)
    from approval_groups as g where g.request_id = p_request_id);
end
$$;
