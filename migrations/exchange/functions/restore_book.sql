-- The book of a market right after its change p_seq: the last snapshot before it and the changes since.
create or replace function restore_book(p_symbol text, p_seq bigint)
returns table (order_id text, side text, limit_price numeric, leaves_qty numeric, accept_seq bigint)
language sql
stable
set search_path from current
as $$
  with base as (
    select s.seq, s.state from book_snapshots as s where s.symbol = p_symbol and s.seq <= p_seq order by s.seq desc limit 1
  ),
  changed as (
    select distinct on (e.order_id) e.order_id, e.side::text, e.limit_price::numeric, e.leaves_qty::numeric, e.accept_seq
    from order_events as e
    where e.symbol = p_symbol and e.seq > coalesce((select seq from base), 0) and e.seq <= p_seq
    order by e.order_id, e.seq desc
  )
  select c.order_id, c.side, c.limit_price, c.leaves_qty, c.accept_seq from changed as c where c.leaves_qty > 0 and c.limit_price is not null
  union all
  select k.o ->> 'orderId', k.o ->> 'side', (k.o ->> 'price')::numeric, (k.o ->> 'leaves')::numeric, (k.o ->> 'acceptSeq')::bigint
  from base cross join jsonb_array_elements(base.state) as k (o)
  where not exists (select from changed as c where c.order_id = k.o ->> 'orderId')
$$;
