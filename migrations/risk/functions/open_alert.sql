-- A new alert, pending or firing, where none is open under its key; answers its id, or null where one is.
create or replace function open_alert(
  p_id text, p_dedup_key text, p_kind text, p_state text, p_severity text, p_summary text, p_labels jsonb, p_policy_id text, p_steps jsonb,
  p_repeats integer, p_request_hash text, p_actor_kind text, p_at timestamptz, p_event_id text, p_context write_context
) returns text
language plpgsql
set search_path from current
as $$
declare
  a alerts;
  v_policy escalation_policies;
begin
  select * into v_policy from escalation_policies where id = p_policy_id;
  insert into alerts (id, dedup_key, kind, state, severity, summary, labels, policy_id, steps, repeats, opened_at, fired_at, request_hash, run_id)
  values (p_id, p_dedup_key, p_kind, p_state, p_severity, p_summary, p_labels, v_policy.id, coalesce(v_policy.steps, p_steps),
    case when v_policy.id is null then p_repeats else v_policy.repeats end, p_at, case p_state when 'firing' then p_at end, p_request_hash, p_context.run_id)
  on conflict (dedup_key) where state <> 'closed' do nothing
  returning * into a;
  if a.id is null then
    return null;
  end if;
  perform log_alert(a, 'opened', '{}', p_actor_kind, p_at, p_event_id, p_context);
  if p_state = 'firing' then
    perform arm_escalation(a.id, p_at);
  end if;
  return a.id;
end
$$;
