-- Decides which members of a direct batch are new, and numbers those, in order, under the head's lock. A member that is known is `seen`,
-- with its position; one that says a version which does not follow its aggregate's last one is a `version-conflict`, with that last one.
-- Where all are new the outcomes are null: positions follow after_position one by one. No id stands twice in a batch. An id is known for
-- the p_window events after it, which are in few partitions: the index of their ids answers, so that nothing has to be written for it.
create or replace function admit_events(
  p_sources text[], p_event_ids text[], p_aggregates text[], p_aggregate_ids text[], p_versions bigint[], p_window bigint
) returns table (after_position bigint, recorded_at timestamptz, outcomes text[], positions bigint[])
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  v_head trail_head;
  v_floor bigint;
  v_new integer := cardinality(p_event_ids);
  v_outcomes text[];
  v_positions bigint[];
  v_known constant boolean := exists (select from unnest(p_versions) as v (version) where v.version is not null);
begin
  select * into v_head from trail_head for no key update;
  v_head.recorded_at := greatest(v_head.recorded_at, clock_timestamp());
  v_floor := v_head.position - p_window;
  -- A subquery, which can only be asked id by id: as a join it may be planned as a walk through the trail.
  select array_agg(
      (select e.position from events as e where e.event_id = g.event_id and e.source = g.source and e.position > v_floor limit 1) order by g.n)
  into v_positions
  from unnest(p_sources, p_event_ids) with ordinality as g (source, event_id, n);

  if v_known or exists (select from unnest(v_positions) as k (position) where k.position is not null) then
    for i in 1 .. cardinality(p_event_ids) loop
      v_outcomes[i] := case when v_positions[i] is null then 'new' else 'seen' end;
      continue when p_versions[i] is null or v_outcomes[i] = 'seen';
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
      end if;
    end loop;
    select count(*) filter (where g.outcome = 'new'), array_agg(case when g.outcome = 'new' then v_head.position + g.rank else g.position end order by g.n)
    into v_new, v_positions
    from (
      select o.*, count(*) filter (where o.outcome = 'new') over (order by o.n) as rank
      from unnest(v_outcomes, v_positions) with ordinality as o (outcome, position, n)) as g;
  else
    v_positions := null;
  end if;

  update trail_head set position = v_head.position + v_new, recorded_at = v_head.recorded_at where v_new > 0;
  return query select v_head.position, v_head.recorded_at, v_outcomes, v_positions;
end
$$;
