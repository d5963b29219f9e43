-- The switch of a scope. Alone in the books: when this answers, no check that did not see it is under way any more.
-- ok | same | illegal-transition | stale-epoch | stale-fence
create or replace function change_trading_state(
  p_scope text, p_state text, p_epoch bigint, p_reason text, p_run_id text, p_fence bigint, p_at timestamptz, p_event_id text,
  p_context write_context
) returns table (outcome text, epoch bigint, changed_at timestamptz)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v trading_states;
begin
  perform enter_books(true);
  select * into v from trading_states where scope = p_scope;
  outcome := case
    when coalesce(v.state, 'active') = p_state then 'same'
    when p_epoch is not null and p_epoch <> coalesce(v.epoch, 0) then 'stale-epoch'
    when not exists (select from transitions where machine = 'trading' and from_status = coalesce(v.state, 'active') and to_status = p_state)
      then 'illegal-transition'
    when p_run_id is not null and not raise_fence(p_run_id, p_fence) then 'stale-fence'
    else 'ok'
  end;
  epoch := coalesce(v.epoch, 0);
  changed_at := v.changed_at;
  if outcome = 'ok' then
    epoch := epoch + 1;
    p_context.run_id := coalesce(p_run_id, p_context.run_id);
    p_context.fence := coalesce(p_fence, p_context.fence);
    changed_at := p_at;
    insert into trading_states as t (scope, state, epoch, reason, changed_at) values (p_scope, p_state, epoch, p_reason, p_at)
    on conflict (scope) do update set state = excluded.state, epoch = excluded.epoch, reason = excluded.reason, changed_at = excluded.changed_at,
      recorded_at = clock_timestamp();
    insert into trading_state_changes (scope, epoch, from_state, to_state, reason, actor, run_id, fence, changed_at)
    values (p_scope, epoch, coalesce(v.state, 'active'), p_state, p_reason, p_context.actor, p_run_id, p_fence, p_at);
    perform append_event(p_event_id, 'trading-state.changed', 'trading-state', p_scope, epoch, jsonb_strip_nulls(jsonb_build_object(
      'scope', p_scope, 'state', p_state, 'epoch', epoch, 'reason', p_reason)), p_at, p_context);
  end if;
  return next;
end
$$;
