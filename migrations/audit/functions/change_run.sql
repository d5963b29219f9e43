-- Brings a run into another state, where the transitions allow it. Of two that change it at once one is second, and judged by what is then.
-- ok | same | unknown-run | stale-version | illegal-transition
create or replace function change_run(
  p_run_id text, p_status text, p_version integer, p_reason text, p_actor text, p_at timestamptz
) returns table (outcome text, version integer, high_watermark bigint)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v run_states;
  v_watermark bigint;
begin
  loop
    select * into v from run_states as s where s.run_id = p_run_id order by s.version desc limit 1;
    if not found then
      return query select 'unknown-run', null::integer, null::bigint;
      return;
    elsif p_version is not null and p_version <> v.version then
      return query select 'stale-version', v.version, v.high_watermark;
      return;
    elsif not exists (select from transitions as t where t.machine = 'run' and t.from_status = v.status and t.to_status = p_status) then
      return query select case when v.status = p_status then 'same' else 'illegal-transition' end, v.version, v.high_watermark;
      return;
    end if;
    select h.position into v_watermark from trail_head as h;
    insert into run_states (run_id, version, status, high_watermark, reason, actor, at)
    values (p_run_id, v.version + 1, p_status, greatest(v_watermark, v.high_watermark), p_reason, p_actor, p_at)
    on conflict do nothing;
    if found then
      return query select 'ok', v.version + 1, greatest(v_watermark, v.high_watermark);
      return;
    end if;
  end loop;
end
$$;
