-- ok | same | id-conflict | effects-do-not-sum
create or replace function record_attribution(
  p_id text, p_owner_kind text, p_owner_id text, p_dimension text, p_linking text, p_portfolio_return double precision,
  p_benchmark_return double precision, p_effects jsonb, p_request_hash text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_sum double precision;
  v_active constant double precision := p_portfolio_return - p_benchmark_return;
begin
  select coalesce(sum(e.allocation + e.selection + e.interaction), 0) into v_sum
  from jsonb_to_recordset(p_effects) as e (allocation double precision, selection double precision, interaction double precision);
  if abs(v_sum - v_active) > 1e-9 * (1 + abs(v_active)) then
    return query select 'effects-do-not-sum';
    return;
  end if;
  insert into attribution_runs (id, owner_kind, owner_id, dimension, linking, portfolio_return, benchmark_return, active_return, request_hash,
    attributed_at)
  values (p_id, p_owner_kind, p_owner_id, p_dimension, p_linking, p_portfolio_return, p_benchmark_return, v_active, p_request_hash, p_at)
  on conflict (id) do nothing;
  if not found then
    return query select case when r.request_hash = p_request_hash then 'same' else 'id-conflict' end from attribution_runs as r where r.id = p_id;
    return;
  end if;
  insert into attributions (run_id, period, segment, allocation, selection, interaction)
  select p_id, e.period, e.segment, e.allocation, e.selection, e.interaction
  from jsonb_to_recordset(p_effects) as e (period integer, segment text, allocation double precision, selection double precision,
    interaction double precision);
  return query select 'ok';
end
$$;
