-- A request of the caller's own. A pending one of the same subject with another digest is superseded: its votes were for something else.
-- ok | same | id-conflict | unknown-approver | quorum-unreachable | already-requested
create or replace function request_approval(
  p_id text, p_subject_kind text, p_subject_id text, p_digest text, p_initiator_id text, p_terms jsonb, p_request_hash text,
  p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, superseded text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_hash text;
  v_open approval_requests;
begin
  select * into v_open from approval_requests
  where subject_kind = p_subject_kind and subject_id = p_subject_id and status = 'pending' for no key update;
  select request_hash into v_hash from approval_requests where id = p_id;
  outcome := case
    when found then case when v_hash = p_request_hash then 'same' else 'id-conflict' end
    when v_open.subject_digest = p_digest then 'already-requested'
    else coalesce(refuse_approval(p_terms, p_initiator_id), 'ok')
  end;
  if outcome = 'ok' then
    if v_open.id is not null then
      perform decide_approval(v_open.id, 'superseded', 'subject-changed', p_at, p_event_id, null, p_context);
      superseded := v_open.id;
    end if;
    if not open_approval(p_id, p_subject_kind, p_subject_id, p_digest, p_initiator_id, null, null, p_terms, p_request_hash, p_at, p_context) then
      -- Committed meanwhile, by this call's twin or by another one: run again, it is seen.
      raise exception 'approval request % was made meanwhile', p_id using errcode = 'serialization_failure';
    end if;
  end if;
  return next;
end
$$;
