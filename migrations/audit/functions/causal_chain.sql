-- The events that an event follows from (negative depths) and those that follow from it, level by level, each once: with the event it was
-- reached by. At most p_limit of either; `cut` says that there are more, or that they go on below p_depth.
create or replace function causal_chain(p_position bigint, p_depth integer, p_limit integer)
returns table (depth integer, "position" bigint, via bigint, kind text, cut boolean)
language plpgsql
stable rows 20
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_visited bigint[] := array[p_position];
  v_frontier bigint[] := array[p_position];
  v_found bigint[];
  v_vias bigint[];
  v_kinds text[];
  v_left integer := p_limit;
  v_cut boolean;
begin
  return query select 0, p_position, null::bigint, null::text, false;
  for v_level in 1 .. p_depth + 1 loop
    select array_agg(n.position), array_agg(n.via), array_agg(n.kind) into v_found, v_vias, v_kinds
    from (
      select distinct on (l.cause_position) l.cause_position as position, l.effect_position as via, l.kind::text as kind
      from event_links as l
      where l.effect_position = any (v_frontier) and l.cause_position is not null and l.cause_position <> all (v_visited)
      order by l.cause_position, l.kind, l.effect_position
      limit v_left + 1) as n;
    exit when v_found is null;
    v_cut := v_level > p_depth or cardinality(v_found) > v_left;
    if v_cut then
      return query select 1 - v_level, v_frontier[1], null::bigint, null::text, true;
      v_found := v_found[:v_left];
      exit when v_level > p_depth or v_left = 0;
    end if;
    return query select -v_level, f.position, f.via, f.kind, false
      from unnest(v_found, v_vias[:cardinality(v_found)], v_kinds[:cardinality(v_found)]) as f (position, via, kind);
    exit when v_cut;
    v_left := v_left - cardinality(v_found);
    v_visited := v_visited || v_found;
    v_frontier := v_found;
  end loop;

  -- What an event follows from does not follow from it, whatever a source may say.
  v_frontier := array[p_position];
  v_left := p_limit;
  for v_level in 1 .. p_depth + 1 loop
    select array_agg(n.position), array_agg(n.via), array_agg(n.kind) into v_found, v_vias, v_kinds
    from (
      select distinct on (l.effect_position) l.effect_position as position, l.cause_position as via, l.kind::text as kind
      from event_links as l
      where l.cause_position = any (v_frontier) and l.effect_position <> all (v_visited)
      order by l.effect_position, l.kind, l.cause_position
      limit v_left + 1) as n;
    exit when v_found is null;
    v_cut := v_level > p_depth or cardinality(v_found) > v_left;
    if v_cut then
      return query select v_level - 1, v_frontier[1], null::bigint, null::text, true;
      v_found := v_found[:v_left];
      exit when v_level > p_depth or v_left = 0;
    end if;
    return query select v_level, f.position, f.via, f.kind, false
      from unnest(v_found, v_vias[:cardinality(v_found)], v_kinds[:cardinality(v_found)]) as f (position, via, kind);
    exit when v_cut;
    v_left := v_left - cardinality(v_found);
    v_visited := v_visited || v_found;
    v_frontier := v_found;
  end loop;
end
$$;
