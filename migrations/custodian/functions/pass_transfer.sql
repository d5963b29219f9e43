-- From submission or screening on: to whom its rule asks, or into the queue. The caller has locked the transfer and checked the terms.
create or replace function pass_transfer(p_id text, p_approval_id text, p_at timestamptz, p_event_id text, p_context write_context) returns void
language plpgsql
set search_path from current
as $$
declare
  t transfers;
  v_terms jsonb;
begin
  select * into t from transfers where id = p_id;
  select r.terms into v_terms from policy_rules as r where r.set_id = t.policy_set_id and r.rule_id = t.rule_id;
  if v_terms is null then
    perform change_transfer(p_id, 'queued', null, null, p_at, p_event_id, p_context);
    return;
  end if;
  if not open_approval(p_approval_id, 'transfer', p_id, t.digest, t.requester_id, t.policy_version, t.rule_id, v_terms, null, p_at, p_context) then
    raise exception 'approval request % exists', p_approval_id using errcode = 'unique_violation';
  end if;
  update transfers set approval_request_id = p_approval_id where id = p_id;
  perform change_transfer(p_id, 'pending-approval', null, null, p_at, p_event_id, p_context);
end
$$;
