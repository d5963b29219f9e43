-- Opens a request with all of it frozen, its terms being checked by refuse_approval and its subject locked. False where the id is taken or
-- the subject has a pending one.
create or replace function open_approval(
  p_id text, p_subject_kind text, p_subject_id text, p_digest text, p_initiator_id text, p_policy_version integer, p_rule_id text,
  p_terms jsonb, p_request_hash text, p_at timestamptz, p_context write_context
) returns boolean
language plpgsql
set search_path from current
as $$
declare
  v_groups constant jsonb := p_terms -> 'groups';
begin
  insert into approval_requests (id, subject_kind, subject_id, subject_digest, initiator_id, policy_version, rule_id, join_rule, veto,
    expires_at, request_hash, source, source_seq, opened_at)
  values (p_id, p_subject_kind, p_subject_id, p_digest, p_initiator_id, p_policy_version, p_rule_id, p_terms ->> 'join',
    (p_terms ->> 'veto')::boolean, p_at + (p_terms ->> 'expiresAfterMs')::bigint * interval '1 millisecond', p_request_hash,
    p_context.source, p_context.source_seq, p_at)
  on conflict do nothing;
  if not found then
    return false;
  end if;
  insert into approval_groups (request_id, n, name, threshold)
  select p_id, g.n - 1, g.spec ->> 'name', (g.spec ->> 'threshold')::integer
  from jsonb_array_elements(v_groups) with ordinality as g (spec, n);
  insert into approval_eligibles (request_id, approver_id, groups, initiator_id)
  select p_id, m.id, bit_or(1 << (g.n - 1)::integer), p_initiator_id
  from jsonb_array_elements(v_groups) with ordinality as g (spec, n), jsonb_array_elements_text(g.spec -> 'members') as m (id)
  where m.id <> p_initiator_id
  group by m.id;
  return true;
end
$$;
