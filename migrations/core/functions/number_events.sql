-- Gives the oldest committed, unnumbered events the next dense numbers of the stream, in order of id, and answers the last one.
-- An aggregate's rows take their id under the aggregate's lock, so its order is kept; across aggregates the order is that of numbering.
-- A stale relay (a lower fence) numbers nothing and is told by a null.
create or replace function number_events(p_stream text, p_fence bigint, p_limit integer) returns bigint
language plpgsql
set search_path from current
as $$
declare
  v_last bigint;
begin
  insert into publications (stream, fence) values (p_stream, p_fence) on conflict (stream) do nothing;
  update publications set fence = p_fence where stream = p_stream and fence <= p_fence returning last_publish_seq into v_last;
  if not found then
    return null;
  end if;
  with next as (
    select id, v_last + row_number() over (order by id) as seq
    from (select id from outbox where publish_seq is null order by id limit p_limit) as oldest),
  numbered as (
    update outbox set publish_seq = next.seq from next where outbox.id = next.id returning 1)
  update publications set last_publish_seq = v_last + (select count(*) from numbered)
  where stream = p_stream and exists (select from numbered);
  select last_publish_seq into v_last from publications where stream = p_stream;
  return v_last;
end
$$;
