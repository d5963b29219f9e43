-- Ends a pending request that the caller has locked, its subject before it, and does what the decision means for the subject.
create or replace function decide_approval(
  p_id text, p_status text, p_reason text, p_at timestamptz, p_event_id text, p_effect_event_id text, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
declare
  r approval_requests;
begin
  update approval_requests set status = p_status, reason = p_reason, decided_at = p_at, decided_quorum = approval_progress(p_id), version = version + 1, recorded_at = clock_timestamp()
  where id = p_id returning * into r;
  perform record_compliance('approval-decision', r.subject_kind, r.subject_id, p_status, r.policy_version, r.rule_id, p_reason,
    jsonb_build_object('requestId', p_id, 'digest', r.subject_digest, 'groups', r.decided_quorum), p_at, p_context);
  perform append_event(p_event_id, 'approval.decided', 'approval-request', p_id, r.version, jsonb_strip_nulls(jsonb_build_object(
    'requestId', p_id, 'subjectKind', r.subject_kind, 'subjectId', r.subject_id, 'subjectDigest', r.subject_digest,
    'initiatorId', r.initiator_id, 'policyVersion', r.policy_version, 'ruleId', r.rule_id, 'decision', p_status, 'reason', p_reason,
    'quorum', jsonb_build_object('join', r.join_rule, 'groups', r.decided_quorum))), p_at, p_context);
  if r.subject_kind = 'transfer' and p_status <> 'cancelled' then
    perform decide_transfer(r.subject_id, p_status, p_at, p_effect_event_id, p_context);
  elsif r.subject_kind = 'policy-change' then
    perform decide_policy_change(r.subject_id, p_status, p_at, p_context);
  end if;
end
$$;
