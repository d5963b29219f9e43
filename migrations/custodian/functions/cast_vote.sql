-- One vote a person, counted with those of the eligible who are active now. Locks the subject, the request, the approvers for share.
-- ok | same | unknown-request | already-voted | request-decided | request-expired | subject-changed | self-approval | not-eligible | approver-removed
create or replace function cast_vote(
  p_request_id text, p_approver_id text, p_decision text, p_digest text, p_reason text, p_at timestamptz, p_event_id text,
  p_effect_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  r approval_requests;
  v_vote approval_votes;
  v_active text[];
  v_approving text[];
begin
  r := lock_approval(p_request_id);
  perform from approvers as a where a.id in (select e.approver_id from approval_eligibles as e where e.request_id = p_request_id)
    order by a.id for share;
  select * into v_vote from approval_votes where request_id = p_request_id and approver_id = p_approver_id;
  outcome := case
    when r.id is null then 'unknown-request'
    when v_vote.decision = p_decision and v_vote.digest = p_digest then 'same'
    when v_vote.decision is not null then 'already-voted'
    when r.status = 'expired' then 'request-expired'
    when r.status <> 'pending' then 'request-decided'
    when r.expires_at <= p_at then 'request-expired'
    when r.subject_digest <> p_digest then 'subject-changed'
    when r.initiator_id = p_approver_id then 'self-approval'
    when not exists (select from approval_eligibles where request_id = p_request_id and approver_id = p_approver_id) then 'not-eligible'
    when exists (select from approvers where id = p_approver_id and status = 'removed') then 'approver-removed'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into approval_votes (request_id, approver_id, decision, approver_version, digest, reason, expires_at, voted_at)
    select p_request_id, p_approver_id, p_decision, a.version, p_digest, p_reason, r.expires_at, p_at from approvers as a where a.id = p_approver_id;
    v_active := array(
      select e.approver_id from approval_eligibles as e join approvers as a on a.id = e.approver_id
      where e.request_id = p_request_id and a.status = 'active');
    v_approving := array(
      select v.approver_id from approval_votes as v join approvers as a on a.id = v.approver_id and a.version = v.approver_version
      where v.request_id = p_request_id and v.decision = 'approve' and a.status = 'active');
    if p_decision = 'approve' and quorum_of(p_request_id, v_approving) then
      perform decide_approval(p_request_id, 'approved', null, p_at, p_event_id, p_effect_event_id, p_context);
    elsif p_decision = 'reject' and (r.veto or not quorum_of(p_request_id, array(
      select unnest(v_active) except select v.approver_id from approval_votes as v where v.request_id = p_request_id and v.decision = 'reject'))) then
      perform decide_approval(p_request_id, 'rejected', p_reason, p_at, p_event_id, p_effect_event_id, p_context);
    else
      update approval_requests set version = version + 1, recorded_at = clock_timestamp() where id = p_request_id;
    end if;
  end if;
  return next;
end
$$;
