-- Derives links and traces from the next p_limit events of the trail, in one transaction with how far that is. Causes that came after
-- their effects are linked when they come. Answers how many events it read, how many are left, and the totals.
create or replace function project_chains(p_limit integer)
returns table (events integer, behind bigint, linked bigint, unresolved bigint, roots bigint)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_from bigint;
  v_to bigint;
  v_head bigint;
  v_linked bigint;
  v_named bigint;
  v_roots bigint;
  v_relinked bigint;
begin
  select h.position into v_head from trail_head as h;
  select p.position into v_from from projections as p where p.name = 'chains' for no key update skip locked;
  v_to := least(v_head, v_from + p_limit);
  if v_from is null or v_to <= v_from then
    return query select 0, v_head - (select p.position from projections as p where p.name = 'chains'), t.linked, t.unresolved, t.roots from chain_totals as t;
    return;
  end if;

  with added as (
    insert into event_links (effect_position, cause_id, kind, cause_position)
    select e.position, e.causation_id, 'caused-by', c.position
    from events as e
    left join lateral (
      select c.position from events as c
      where c.event_id = e.causation_id and c.position <> e.position
      -- Ids are unique within a source: the event that was being answered comes before another of the same id.
      order by c.source is not distinct from e.answers_source desc, c.position limit 1) as c on true
    where e.position > v_from and e.position <= v_to and e.causation_id is not null
    on conflict do nothing
    returning cause_position
  )
  select count(*), count(a.cause_position) into v_named, v_linked from added as a;

  with came as (
    update event_links as l set cause_position = e.position
    from events as e
    where e.position > v_from and e.position <= v_to
      and l.cause_id = e.event_id and l.cause_position is null and l.effect_position <> e.position
    returning l.kind
  )
  select count(*) filter (where c.kind = 'caused-by') into v_relinked from came as c;

  select count(*) filter (where e.causation_id is null) into v_roots from events as e where e.position > v_from and e.position <= v_to;

  insert into trace_summaries as t (trace_id, events, errors, services, first_at, last_at)
  select e.trace_id, count(*), count(*) filter (where tells_of_failure(e.type, e.payload)), array_agg(distinct e.source::text order by e.source::text),
    min(coalesce(e.source_recorded_at, e.recorded_at)), max(coalesce(e.source_recorded_at, e.recorded_at))
  from events as e
  where e.position > v_from and e.position <= v_to and e.trace_id is not null
  group by e.trace_id
  order by e.trace_id
  on conflict (trace_id) do update set
    events = t.events + excluded.events,
    errors = t.errors + excluded.errors,
    services = case when t.services @> excluded.services then t.services
      else array(select distinct s from unnest(t.services || excluded.services) as s order by s) end,
    first_at = least(t.first_at, excluded.first_at),
    last_at = greatest(t.last_at, excluded.last_at),
    version = t.version + 1;

  update projections as p set position = v_to, updated_at = clock_timestamp() where p.name = 'chains';
  return query
    update chain_totals as t
    set linked = t.linked + v_linked + v_relinked, unresolved = t.unresolved + v_named - v_linked - v_relinked, roots = t.roots + v_roots
    returning (v_to - v_from)::integer, v_head - v_to, t.linked, t.unresolved, t.roots;
end
$$;
