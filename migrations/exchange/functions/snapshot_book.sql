-- Keeps the book of a market as it is now: one statement, so that orders and sequence belong together. A book that did not change since
-- its last snapshot is not kept twice. No row: no such market.
create or replace function snapshot_book(p_symbol text, p_at timestamptz) returns table (seq bigint, sha256 text, orders integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  return query
  with book as materialized (
    select s.last_seq, coalesce(jsonb_agg(jsonb_build_object('orderId', o.order_id, 'side', o.side, 'price', trim_scale(o.limit_price)::text,
      'leaves', trim_scale(o.leaves_qty)::text, 'acceptSeq', o.accept_seq) order by o.side, o.price_rank, o.accept_seq)
      filter (where o.order_id is not null), '[]') as state
    from market_states as s left join book_orders as o on o.symbol = s.symbol
    where s.symbol = p_symbol
    group by s.last_seq
  ),
  kept as (
    insert into book_snapshots (symbol, seq, state, sha256, taken_at)
    select p_symbol, b.last_seq, b.state, encode(pg_catalog.sha256(convert_to(b.state::text, 'UTF8')), 'hex'), p_at from book as b
    on conflict (symbol, seq) do nothing
  )
  select b.last_seq, encode(pg_catalog.sha256(convert_to(b.state::text, 'UTF8')), 'hex'), jsonb_array_length(b.state) from book as b;
end
$$;
