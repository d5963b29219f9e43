-- What a screening found: on to its approval or the queue, or blocked.
-- ok | same | unknown-transfer | not-in-screening | unknown-approver | quorum-unreachable
create or replace function screen_transfer(
  p_id text, p_passed boolean, p_reason text, p_approval_id text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  t transfers;
  v_terms jsonb;
begin
  select * into t from transfers where id = p_id for no key update;
  select r.terms into v_terms from policy_rules as r where r.set_id = t.policy_set_id and r.rule_id = t.rule_id;
  outcome := case
    when t.id is null then 'unknown-transfer'
    when t.status <> 'screening' then case
      when exists (
        select from compliance_records where subject_kind = 'transfer' and subject_id = p_id and kind = 'screening'
          and decision = case when p_passed then 'passed' else 'blocked' end) then 'same'
      else 'not-in-screening' end
    when p_passed and v_terms is not null then coalesce(refuse_approval(v_terms, t.requester_id), 'ok')
    else 'ok'
  end;
  if outcome = 'ok' then
    perform record_compliance('screening', 'transfer', p_id, case when p_passed then 'passed' else 'blocked' end, t.policy_version, t.rule_id,
      p_reason, null, p_at, p_context);
    if p_passed then
      perform pass_transfer(p_id, p_approval_id, p_at, p_event_id, p_context);
    else
      perform change_transfer(p_id, 'blocked', coalesce(p_reason, 'screening'), null, p_at, p_event_id, p_context);
    end if;
  end if;
  return next;
end
$$;
