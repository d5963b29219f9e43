-- The first set of all is published at once; any other one waits for an approval on the terms of the set in force.
-- ok | same | id-conflict | change-pending | unknown-approver | quorum-unreachable
create or replace function propose_policy(
  p_id text, p_initiator_id text, p_rules jsonb, p_change_terms jsonb, p_whitelist_lock_ms bigint, p_digest text, p_request_hash text,
  p_approval_id text, p_at timestamptz, p_context write_context
) returns table (outcome text, approval_id text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_hash text;
  v_current policy_sets;
  v_terms jsonb;
begin
  -- Changes of policy come one after the other.
  lock table policy_sets in share row exclusive mode;
  select request_hash into v_hash from policy_sets where id = p_id;
  if found then
    return query select case when v_hash = p_request_hash then 'same' else 'id-conflict' end,
      (select r.id from approval_requests as r where r.subject_kind = 'policy-change' and r.subject_id = p_id);
    return;
  end if;
  select * into v_current from policy_sets where status = 'published';
  outcome := case when exists (select from policy_sets where status = 'proposed') then 'change-pending' end;
  -- Whom a rule asks must be there; the initiator of a transfer is not known yet.
  for v_terms in select p_change_terms union all select r -> 'terms' from jsonb_array_elements(p_rules) as r where r ? 'terms' loop
    exit when outcome is not null;
    outcome := refuse_approval(v_terms, null);
  end loop;
  if outcome is null and v_current.id is not null then
    outcome := refuse_approval(v_current.change_terms, p_initiator_id);
  end if;
  if outcome is not null then
    return next;
    return;
  end if;
  insert into policy_sets (id, version, status, initiator_id, change_terms, whitelist_lock_ms, digest, request_hash, proposed_at, published_at)
  values (p_id, case when v_current.id is null then 1 end, case when v_current.id is null then 'published' else 'proposed' end, p_initiator_id,
    p_change_terms, p_whitelist_lock_ms, p_digest, p_request_hash, p_at, case when v_current.id is null then p_at end);
  insert into policy_rules (set_id, ord, rule_id, action, kinds, assets, account_ids, requester_ids, destination, min_amount,
    limit_per, limit_amount, limit_window_ms, limit_of, screening, terms)
  select p_id, r.n, r.rule ->> 'ruleId', r.rule ->> 'action', texts_of(r.rule -> 'kinds'), texts_of(r.rule -> 'assets'),
    texts_of(r.rule -> 'accountIds'), texts_of(r.rule -> 'requesterIds'), r.rule ->> 'destination', (r.rule ->> 'minAmount')::numeric,
    r.rule -> 'limit' ->> 'per', (r.rule -> 'limit' ->> 'amount')::numeric, (r.rule -> 'limit' ->> 'windowMs')::bigint, r.rule -> 'limit' ->> 'of',
    (r.rule ->> 'screening')::boolean, r.rule -> 'terms'
  from jsonb_array_elements(p_rules) with ordinality as r (rule, n);
  if v_current.id is null then
    perform record_compliance('policy-change', 'policy', p_id, 'published', 1, null, null, jsonb_build_object('digest', p_digest), p_at, p_context);
  else
    if not open_approval(p_approval_id, 'policy-change', p_id, p_digest, p_initiator_id, v_current.version, null, v_current.change_terms, null,
      p_at, p_context) then
      raise exception 'approval request % exists', p_approval_id using errcode = 'unique_violation';
    end if;
    approval_id := p_approval_id;
    perform record_compliance('policy-change', 'policy', p_id, 'proposed', v_current.version, null, null,
      jsonb_build_object('digest', p_digest, 'requestId', p_approval_id), p_at, p_context);
  end if;
  outcome := 'ok';
  return next;
end
$$;
