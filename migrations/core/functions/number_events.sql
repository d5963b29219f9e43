-- Gives the oldest committed, unnumbered events the next dense numbers of the stream, in order of id, and answers the last one.
-- An aggregate's rows take their id under the aggregate's lock, so its order is kept; across aggregates the order is that of numbering.
-- A stale relay (a lower fence) numbers nothing and is told by a null. Where all events have numbers nothing is written.
create or replace function number_events(p_stream text, p_fence bigint, p_limit integer) returns bigint
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  v publications;
  v_ids bigint[];
  v_above bigint[];
  v_last_id bigint;
begin
  select * into v from publications where stream = p_stream;
  if v.fence > p_fence then
    return null;
  end if;
  if v.fence = p_fence then
    perform from outbox where id > v.numbered_id order by id limit 1;
    if not found and not isempty(v.missing) then
      perform from unnest(v.missing) as gap, lateral (
        select from outbox where id >= lower(gap) and id < upper(gap) order by id limit 1) as came;
    end if;
    if not found then
      return v.last_publish_seq;
    end if;
  end if;

  insert into publications (stream, fence) values (p_stream, p_fence) on conflict (stream) do nothing;
  update publications set fence = p_fence where stream = p_stream and fence <= p_fence returning * into v;
  if not found then
    return null;
  end if;
  if not isempty(v.missing) then
    -- Lateral: a plain join may be planned as a walk through the whole index.
    v_ids := array(
      select came.id from unnest(v.missing) as gap, lateral (
        select id from outbox where id >= lower(gap) and id < upper(gap) order by id limit p_limit) as came
      order by came.id limit p_limit);
  end if;
  v_above := array(select id from outbox where id > v.numbered_id order by id limit p_limit - coalesce(cardinality(v_ids), 0));
  v_last_id := v_above[cardinality(v_above)];
  if cardinality(v_ids) > 0 then
    v.missing := v.missing - (select range_agg(int8range(id, id, '[]')) from unnest(v_ids) as id);
  end if;
  if v_last_id - v.numbered_id > cardinality(v_above) then
    v.missing := v.missing + int8multirange(int8range(v.numbered_id, v_last_id, '(]'))
      - (select range_agg(int8range(id, id, '[]')) from unnest(v_above) as id);
  end if;
  v_ids := v_ids || v_above;

  update outbox set publish_seq = v.last_publish_seq + next.n
  from unnest(v_ids) with ordinality as next (id, n)
  where outbox.id = next.id;
  update publications
  set last_publish_seq = v.last_publish_seq + cardinality(v_ids), numbered_id = coalesce(v_last_id, numbered_id), missing = v.missing
  where stream = p_stream and cardinality(v_ids) > 0;
  return v.last_publish_seq + cardinality(v_ids);
end
$$;
