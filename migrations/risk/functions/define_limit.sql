-- A limit, or its next version: what it was stays, for the decisions that cite it. Alone in the books, so that each check is under one
-- version of every limit, and none made under the old one is still under way when this answers.
-- ok | same | id-conflict | limit-exists | stale-version | unknown-policy | stale-fence
create or replace function define_limit(
  p_id text, p_given boolean, p_metric text, p_scope text, p_version integer, p_enabled boolean, p_warn numeric, p_soft numeric, p_hard numeric,
  p_recover numeric, p_window_ms bigint, p_time_zone text, p_currency text, p_max_price_age_ms bigint, p_for_ms bigint, p_keep_firing_ms bigint,
  p_escalate_after_ms bigint, p_policy_id text, p_reason text, p_run_id text, p_fence bigint, p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, limit_id text, version integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_limit limits;
  v_current limit_versions;
begin
  perform enter_books(true);
  select l.* into v_limit from limits as l where l.metric = p_metric and l.scope = p_scope;
  if v_limit.id is not null then
    select v.* into v_current from limit_versions as v where v.limit_id = v_limit.id and v.version = v_limit.current_version;
  end if;
  limit_id := coalesce(v_limit.id, p_id);
  outcome := case
    when v_limit.id is null and exists (select from limits as l where l.id = p_id) then 'id-conflict'
    when p_given and v_limit.id <> p_id then 'limit-exists'
    when v_current.request_hash = p_request_hash then 'same'
    when p_version is not null and p_version <> coalesce(v_limit.current_version, 0) then 'stale-version'
    when p_policy_id is not null and not exists (select from escalation_policies as p where p.id = p_policy_id) then 'unknown-policy'
    when p_run_id is not null and not raise_fence(p_run_id, p_fence) then 'stale-fence'
    else 'ok'
  end;
  version := coalesce(v_limit.current_version, 0);
  if outcome = 'ok' then
    version := version + 1;
    p_context.run_id := coalesce(p_run_id, p_context.run_id);
    p_context.fence := coalesce(p_fence, p_context.fence);
    insert into limits as l (id, metric, scope, current_version) values (limit_id, p_metric, p_scope, version)
    on conflict (id) do update set current_version = excluded.current_version, recorded_at = clock_timestamp();
    insert into limit_versions (limit_id, version, enabled, warn, soft, hard, recover, window_ms, time_zone, currency, max_price_age_ms, for_ms,
      keep_firing_ms, escalate_after_ms, policy_id, reason, actor, run_id, fence, request_hash, valid_from)
    values (limit_id, version, p_enabled, p_warn, p_soft, p_hard, p_recover, p_window_ms, p_time_zone, p_currency, p_max_price_age_ms, p_for_ms,
      p_keep_firing_ms, p_escalate_after_ms, p_policy_id, p_reason, p_context.actor, p_run_id, p_fence,
      p_request_hash, p_at);
    perform count_scope(case when p_scope like 'instrument:%' then 'firm' else split_part(p_scope, '|', 1) end, p_at);
    perform append_event(p_event_id, 'limit.changed', 'limit', limit_id, version, jsonb_strip_nulls(jsonb_build_object(
      'limitId', limit_id, 'limitVersion', version, 'metric', p_metric, 'scope', p_scope, 'enabled', p_enabled, 'warn', trim_scale(p_warn)::text,
      'soft', trim_scale(p_soft)::text, 'hard', trim_scale(p_hard)::text, 'reason', p_reason)), p_at, p_context);
  end if;
  return next;
end
$$;
