-- A run of a version (the active one where none is said), or a fork of another run after its move p_fork_seq.
-- ok | same | id-conflict | unknown-scenario | unknown-scenario-version | unknown-parent-run | fork-ahead | stale-fence | fence-required
create or replace function start_scenario_run(
  p_id text, p_scenario_id text, p_version integer, p_seed text, p_parent_id text, p_fork_seq bigint, p_run_id text, p_fence bigint,
  p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_hash text;
  v_parent scenario_runs;
  v_spec scenario_versions;
  v_run scenario_runs;
  v_chain bytea := '\x';
begin
  if p_parent_id is not null then
    select * into v_parent from scenario_runs where id = p_parent_id for key share;
    if v_parent.id is not null and p_fork_seq > 0 then
      select m.chain_hash into v_chain from scenario_lineage(p_parent_id, p_fork_seq) as l
      join price_moves as m on m.run_id = l.run_id and m.seq = p_fork_seq and p_fork_seq > l.from_seq and p_fork_seq <= l.to_seq;
    end if;
  end if;
  select v.* into v_spec from scenario_versions as v
  where v.scenario_id = coalesce(v_parent.scenario_id, p_scenario_id)
    and v.version = coalesce(v_parent.scenario_version, p_version,
      (select active_version from scenarios where id = p_scenario_id));
  select request_hash into v_hash from scenario_runs where id = p_id;
  outcome := case
    when v_hash = p_request_hash then 'same'
    when v_hash is not null then 'id-conflict'
    when p_parent_id is not null and v_parent.id is null then 'unknown-parent-run'
    when p_parent_id is null and not exists (select from scenarios where id = p_scenario_id) then 'unknown-scenario'
    when v_spec.version is null then 'unknown-scenario-version'
    when p_fork_seq > v_parent.last_seq then 'fork-ahead'
    else may_act(null, p_run_id, p_fence)
  end;
  if outcome is null and p_run_id is not null and not raise_fence(p_run_id, p_fence) then
    outcome := 'stale-fence';
  end if;
  if outcome is null then
    insert into scenario_runs (id, scenario_id, scenario_version, seed, parent_id, fork_seq, last_seq, price_hash, run_id, fence, request_hash,
      started_at, changed_at)
    values (p_id, v_spec.scenario_id, v_spec.version, coalesce(p_seed, v_parent.seed), p_parent_id, p_fork_seq, coalesce(p_fork_seq, 0), v_chain,
      p_run_id, p_fence, p_request_hash, p_at, p_at)
    on conflict (id) do nothing
    returning * into v_run;
    if v_run.id is not null then
      outcome := 'ok';
      insert into scenario_run_prices (run_id, symbol, price, seq)
      select p_id, s ->> 'symbol', coalesce(last.price, (s ->> 'startPrice')::numeric), coalesce(last.seq, 0)
      from jsonb_array_elements(v_spec.spec -> 'symbols') as s
      left join lateral (
        select m.price, m.seq from scenario_lineage(p_parent_id, p_fork_seq) as l
        join price_moves as m on m.run_id = l.run_id and m.seq > l.from_seq and m.seq <= l.to_seq
        where m.symbol = s ->> 'symbol'
        order by m.seq desc limit 1) as last on true;
      perform scenario_run_event(v_run, p_event_id, p_at, p_context);
    else
      select case when request_hash = p_request_hash then 'same' else 'id-conflict' end into outcome from scenario_runs where id = p_id;
    end if;
  end if;
  return next;
end
$$;
