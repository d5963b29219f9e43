-- record_trades for several batches of one series that came together, in their order: one wait for the series' row, one commit. The columns
-- of all stand one after the other, p_sizes says how many trades of them are each batch's; covered is null where a batch claims nothing.
create or replace function record_trade_batches(
  p_venue text, p_symbol text, p_sizes integer[], p_ids text[], p_event_ats timestamptz[], p_seqs bigint[], p_prices numeric[], p_qtys numeric[],
  p_sides text[], p_covered text[], p_event_ids text[], p_ats timestamptz[], p_contexts write_context[]
) returns table (inserted integer, outcomes text[], version bigint)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
declare
  v_from integer := 1;
  v_to integer;
begin
  for i in 1 .. cardinality(p_sizes) loop
    v_to := v_from + p_sizes[i] - 1;
    return query select r.inserted, r.outcomes, r.version
    from record_trades(p_venue, p_symbol, p_ids[v_from:v_to], p_event_ats[v_from:v_to], p_seqs[v_from:v_to], p_prices[v_from:v_to],
      p_qtys[v_from:v_to], p_sides[v_from:v_to], p_covered[i]::tstzmultirange, p_event_ids[i], p_ats[i], p_contexts[i]) as r;
    v_from := v_to + 1;
  end loop;
end
$$;
