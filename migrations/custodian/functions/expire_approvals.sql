-- Ends the requests that are due at p_at, the earliest first, at most one for each event id; workers pass each other by.
create or replace function expire_approvals(p_at timestamptz, p_event_ids text[], p_effect_event_ids text[], p_context write_context)
returns table (request_id text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_due record;
  v_n integer := 0;
begin
  for v_due in
    select id, subject_kind, subject_id from approval_requests where status = 'pending' and expires_at <= p_at
    order by expires_at, id limit cardinality(p_event_ids)
  loop
    -- The subject first, as everywhere; one that somebody else has at the moment comes with the next round.
    if v_due.subject_kind = 'transfer' then
      perform from transfers where id = v_due.subject_id for no key update skip locked;
      continue when not found;
    elsif v_due.subject_kind = 'policy-change' then
      perform from policy_sets where id = v_due.subject_id for no key update skip locked;
      continue when not found;
    end if;
    perform from approval_requests where id = v_due.id and status = 'pending' for no key update skip locked;
    continue when not found;
    v_n := v_n + 1;
    perform decide_approval(v_due.id, 'expired', 'approval-expired', p_at, p_event_ids[v_n], p_effect_event_ids[v_n], p_context);
    request_id := v_due.id;
    return next;
  end loop;
end
$$;
