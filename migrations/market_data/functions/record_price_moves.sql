-- The next moves of a run, all or none: each from where its symbol stands, with causes that add up to it. p_cause_of says which move
-- (from 1) each cause belongs to. Moves that were recorded before are compared. `at_move` is the one that was refused.
-- ok | same | id-conflict | unknown-scenario-run | run-not-running | sequence-gap | unknown-scenario-symbol | price-break | causes-do-not-add-up
-- | stale-fence | fence-required
create or replace function record_price_moves(
  p_id text, p_first_seq bigint, p_symbols text[], p_ats timestamptz[], p_befores numeric[], p_prices numeric[],
  p_cause_of integer[], p_kinds text[], p_cause_ids text[], p_deltas numeric[], p_random_state text, p_run_id text, p_fence bigint,
  p_at timestamptz
) returns table (outcome text, at_move integer)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_run scenario_runs;
  v_count constant integer := cardinality(p_symbols);
  v_last constant bigint := p_first_seq + cardinality(p_symbols) - 1;
  v_prices jsonb;
  v_explained numeric[];
  v_hashes bytea[] := '{}';
begin
  select * into v_run from scenario_runs where id = p_id for no key update;
  outcome := case
    when v_run.id is null then 'unknown-scenario-run'
    when v_last <= v_run.last_seq and p_first_seq > coalesce(v_run.fork_seq, 0) then
      case when not exists (
        select from unnest(p_symbols, p_befores, p_prices) with ordinality as i (symbol, price_before, price, n)
        left join price_moves as m on m.run_id = p_id and m.seq = p_first_seq + i.n - 1
          and m.symbol = i.symbol and m.price_before = i.price_before and m.price = i.price
        where m.seq is null) then 'same' else 'id-conflict' end
    when v_run.state <> 'running' then 'run-not-running'
    when p_first_seq <> v_run.last_seq + 1 then 'sequence-gap'
    else may_act(v_run.run_id, p_run_id, p_fence)
  end;
  if outcome is not null then
    return next;
    return;
  end if;

  select jsonb_object_agg(symbol, price) into v_prices from scenario_run_prices where run_id = p_id;
  select array_agg(coalesce(e.explained, 0) order by n) into v_explained
  from generate_series(1, v_count) as n
  left join (select of, sum(delta) as explained from unnest(p_cause_of, p_deltas) as c (of, delta) group by of) as e on e.of = n;
  for i in 1 .. v_count loop
    at_move := i;
    outcome := case
      when not v_prices ? p_symbols[i] then 'unknown-scenario-symbol'
      when (v_prices ->> p_symbols[i])::numeric <> p_befores[i] then 'price-break'
      when v_explained[i] <> p_prices[i] - p_befores[i] then 'causes-do-not-add-up'
    end;
    if outcome is not null then
      return next;
      return;
    end if;
    v_prices := jsonb_set(v_prices, array[p_symbols[i]], to_jsonb(p_prices[i]));
    v_run.price_hash := sha256(v_run.price_hash
      || convert_to((p_first_seq + i - 1)::text || ' ' || p_symbols[i] || ' ' || trim_scale(p_prices[i])::text, 'UTF8'));
    v_hashes := v_hashes || v_run.price_hash;
  end loop;
  at_move := null;
  if p_run_id is not null and not raise_fence(p_run_id, p_fence) then
    outcome := 'stale-fence';
    return next;
    return;
  end if;

  outcome := 'ok';
  insert into price_moves (run_id, seq, symbol, price_before, price, chain_hash, event_at)
  select p_id, p_first_seq + i.n - 1, i.symbol, i.price_before, i.price, i.chain_hash, i.event_at
  from unnest(p_symbols, p_befores, p_prices, v_hashes, p_ats) with ordinality as i (symbol, price_before, price, chain_hash, event_at, n);
  insert into price_causes (run_id, seq, n, symbol, kind, cause_id, delta)
  select p_id, p_first_seq + c.of - 1, row_number() over (partition by c.of order by c.n), p_symbols[c.of], c.kind, c.cause_id, c.delta
  from unnest(p_cause_of, p_kinds, p_cause_ids, p_deltas) with ordinality as c (of, kind, cause_id, delta, n);
  update scenario_run_prices as s set price = l.price, seq = l.seq
  from (
    select distinct on (i.symbol) i.symbol, i.price, p_first_seq + i.n - 1 as seq
    from unnest(p_symbols, p_prices) with ordinality as i (symbol, price, n) order by i.symbol, i.n desc) as l
  where s.run_id = p_id and s.symbol = l.symbol;
  update scenario_runs set last_seq = v_last, price_hash = v_run.price_hash, fence = coalesce(p_fence, fence), version = version + 1,
    changed_at = p_at
  where id = p_id;
  if p_random_state is not null then
    insert into scenario_checkpoints (run_id, seq, random_state) values (p_id, v_last, p_random_state);
  end if;
  return next;
end
$$;
