-- Gives the oldest committed, unnumbered events the next dense numbers of the stream, in order of id, and answers the last one.
-- An aggregate's rows take their id under the aggregate's lock, so its order is kept; across aggregates the order is that of numbering.
-- A stale relay (a lower fence) numbers nothing and is told by a null. Where all events have numbers nothing is written.
create or replace function number_events(p_stream text, p_fence bigint, p_limit integer) returns bigint
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
declare
  v_last bigint;
  v_fence bigint;
  v_ids bigint[];
begin
  select last_publish_seq, fence into v_last, v_fence from publications where stream = p_stream;
  if v_fence > p_fence then
    return null;
  end if;
  if v_fence = p_fence then
    perform from outbox where publish_seq is null order by publish_seq, id limit 1;
    if not found then
      return v_last;
    end if;
  end if;
  insert into publications (stream, fence) values (p_stream, p_fence) on conflict (stream) do nothing;
  update publications set fence = p_fence where stream = p_stream and fence <= p_fence returning last_publish_seq into v_last;
  if not found then
    return null;
  end if;
  v_ids := array(select id from outbox where publish_seq is null order by publish_seq, id limit p_limit);
  update outbox set publish_seq = v_last + next.n
  from unnest(v_ids) with ordinality as next (id, n)
  where outbox.id = next.id;
  v_last := v_last + cardinality(v_ids);
  update publications set last_publish_seq = v_last where stream = p_stream and last_publish_seq < v_last;
  return v_last;
end
$$;
