create or replace function record_compliance(
  p_kind text, p_subject_kind text, p_subject_id text, p_decision text, p_policy_version integer, p_rule_id text, p_reason text,
  p_details jsonb, p_at timestamptz, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
begin
  insert into compliance_records (kind, subject_kind, subject_id, decision, policy_version, rule_id, reason, details, actor, correlation_id, occurred_at)
  values (p_kind, p_subject_kind, p_subject_id, p_decision, p_policy_version, p_rule_id, p_reason, coalesce(p_details, '{}'),
    p_context.actor, p_context.correlation_id, p_at);
end
$$;
