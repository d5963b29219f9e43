-- The manipulations of a symbol that are in force, or will be without another change, with the version of the symbol: what Redis keeps.
create or replace function live_manipulations(p_symbol text) returns table (symbol text, version bigint, live jsonb)
language sql
stable
set search_path from current
as $$
  select p_symbol, coalesce((select s.version from manipulated_symbols as s where s.symbol = p_symbol), 0),
    coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('manipulationId', m.id, 'kind', m.kind, 'modifier', m.modifier,
      'since', instant_text(m.changed_at), 'endsAt', instant_text(m.ends_at))) order by m.kind, m.id), '[]')
  from manipulations as m
  where m.symbol = p_symbol and m.state = 'active'
$$;
