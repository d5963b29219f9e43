-- Gives the oldest committed, unnumbered events the next dense numbers of the stream, in order of id, and answers the last one.
-- An aggregate's rows take their id under the aggregate's lock, so its order is kept; across aggregates the order is that of numbering.
-- A stale relay (a lower fence) numbers nothing and is told by a null. Where all events have numbers nothing is written.
create or replace function number_events(p_stream text, p_fence bigint, p_limit integer) returns bigint
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
declare
  v_last bigint;
  v_fence bigint;
  v_numbered bigint;
begin
  select last_publish_seq, fence into v_last, v_fence from publications where stream = p_stream;
  if v_fence > p_fence then
    return null;
  end if;
  if v_fence = p_fence and not exists (select from outbox where publish_seq is null) then
    return v_last;
  end if;
  insert into publications (stream, fence) values (p_stream, p_fence) on conflict (stream) do nothing;
  update publications set fence = p_fence where stream = p_stream and fence <= p_fence returning last_publish_seq into v_last;
  if not found then
    return null;
  end if;
  update outbox set publish_seq = next.seq
  from (
    select id, v_last + row_number() over (order by id) as seq
    from (select id from outbox where publish_seq is null order by id limit p_limit) as oldest) as next
  where outbox.id = next.id;
  get diagnostics v_numbered = row_count;
  if v_numbered > 0 then
    update publications set last_publish_seq = v_last + v_numbered where stream = p_stream;
  end if;
  return v_last + v_numbered;
end
$$;
