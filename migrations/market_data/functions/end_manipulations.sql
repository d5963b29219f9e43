-- Recovers manipulations whose end has come, the earliest first, whoever began them; answers what Redis is to keep for each symbol.
-- One that another process has in hand is left to it. The array bounds how many.
create or replace function end_manipulations(p_at timestamptz, p_event_ids text[], p_context write_context)
returns table (symbol text, version bigint, live jsonb)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_before manipulations;
  v_manipulation manipulations;
  v_done integer := 0;
  v_symbols text[] := '{}';
begin
  -- Symbols first: a step locks its symbol before its manipulation.
  v_symbols := array(
    select s.symbol from manipulated_symbols as s
    where s.symbol in (
      select m.symbol from manipulations as m where m.state <> 'recovered' and m.ends_at <= p_at order by m.ends_at limit cardinality(p_event_ids))
    order by s.symbol for no key update skip locked);
  for v_before in
    select m.* from manipulations as m
    where m.symbol = any (v_symbols) and m.state <> 'recovered' and m.ends_at <= p_at
    order by m.ends_at, m.id limit cardinality(p_event_ids) for no key update
  loop
    v_done := v_done + 1;
    update manipulations as m set state = 'recovered', version = m.version + 1, changed_at = greatest(m.ends_at, m.changed_at)
    where m.id = v_before.id returning m.* into v_manipulation;
    -- Without a fence: time ended it, and not the run.
    perform manipulation_transition(v_manipulation, v_before.state, 'ended', null, p_event_ids[v_done], v_manipulation.changed_at, p_context);
    update manipulated_symbols as s set version = s.version + 1 where s.symbol = v_manipulation.symbol;
  end loop;
  return query select l.symbol, l.version, l.live from unnest(v_symbols) as s (name), live_manipulations(s.name) as l;
end
$$;
