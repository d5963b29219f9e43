-- Decides which members of a direct batch are new, and numbers those, in order, under the head's lock. A member that is known is `seen`,
-- with its position; one that says a version which does not follow its aggregate's last one is a `version-conflict`, with that last one.
-- Where all are new the outcomes are null: positions follow after_position one by one. No id stands twice in a batch.
create or replace function admit_events(
  p_sources text[], p_event_ids text[], p_aggregates text[], p_aggregate_ids text[], p_versions bigint[]
) returns table (after_position bigint, recorded_at timestamptz, outcomes text[], positions bigint[])
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_head trail_head;
  v_new integer;
  v_outcomes text[];
  v_positions bigint[];
  v_versions constant boolean := exists (select from unnest(p_versions) as v (version) where v.version is not null);
begin
  select * into v_head from trail_head for no key update;
  v_head.recorded_at := greatest(v_head.recorded_at, clock_timestamp());
  insert into direct_event_ids (source, event_id, position, recorded_at)
  select g.source, g.event_id, v_head.position + g.n, v_head.recorded_at
  from unnest(p_sources, p_event_ids) with ordinality as g (source, event_id, n)
  order by g.n
  on conflict do nothing;
  get diagnostics v_new = row_count;

  if v_new < cardinality(p_event_ids) or v_versions then
    select array_agg(case when d.position = v_head.position + g.n then 'new' else 'seen' end order by g.n), array_agg(d.position order by g.n)
    into v_outcomes, v_positions
    from unnest(p_sources, p_event_ids) with ordinality as g (source, event_id, n)
    join direct_event_ids as d on d.source = g.source and d.event_id = g.event_id;

    for i in 1 .. cardinality(p_event_ids) loop
      continue when p_versions[i] is null or v_outcomes[i] <> 'new';
      if p_versions[i] = 1 then
        insert into aggregate_heads (source, aggregate, aggregate_id, version)
        values (p_sources[i], p_aggregates[i], p_aggregate_ids[i], 1)
        on conflict do nothing;
      else
        update aggregate_heads set version = p_versions[i]
        where source = p_sources[i] and aggregate = p_aggregates[i] and aggregate_id = p_aggregate_ids[i] and version = p_versions[i] - 1;
      end if;
      if not found then
        v_outcomes[i] := 'version-conflict';
        v_positions[i] := coalesce((
          select h.version from aggregate_heads as h
          where h.source = p_sources[i] and h.aggregate = p_aggregates[i] and h.aggregate_id = p_aggregate_ids[i]), 0);
        delete from direct_event_ids where source = p_sources[i] and event_id = p_event_ids[i];
      end if;
    end loop;

    -- Numbers without a gap, for those that stay.
    select count(*) filter (where g.outcome = 'new'), array_agg(case when g.outcome = 'new' then v_head.position + g.rank else g.position end order by g.n)
    into v_new, v_positions
    from (
      select o.*, count(*) filter (where o.outcome = 'new') over (order by o.n) as rank
      from unnest(v_outcomes, v_positions) with ordinality as o (outcome, position, n)) as g;
    update direct_event_ids as d set position = g.position
    from unnest(p_sources, p_event_ids, v_outcomes, v_positions) as g (source, event_id, outcome, position)
    where g.outcome = 'new' and d.source = g.source and d.event_id = g.event_id and d.position <> g.position;
  end if;

  update trail_head set position = v_head.position + v_new, recorded_at = v_head.recorded_at where v_new > 0;
  return query select v_head.position, v_head.recorded_at, v_outcomes, v_positions;
end
$$;
