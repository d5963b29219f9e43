-- The partial sums of whole buckets: one that is known is replaced where it differs. Answers how many changed.
-- ok | unknown-instrument | unknown-interval
create or replace function record_correlation_partials(
  p_first text, p_second text, p_interval text, p_source text, p_buckets timestamptz[], p_counts bigint[],
  p_means_first double precision[], p_means_second double precision[], p_squares_first double precision[],
  p_squares_second double precision[], p_products double precision[], p_at timestamptz
) returns table (outcome text, changed bigint)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  outcome := case
    when not exists (select from instruments where symbol = p_first) or not exists (select from instruments where symbol = p_second)
      then 'unknown-instrument'
    when not exists (select from intervals where name = p_interval) then 'unknown-interval'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into correlation_partials as c (first_symbol, second_symbol, interval, source, bucket, n, mean_first, mean_second, squares_first,
      squares_second, products, as_of)
    select p_first, p_second, p_interval, p_source, i.*, p_at
    from unnest(p_buckets, p_counts, p_means_first, p_means_second, p_squares_first, p_squares_second, p_products) as i
    order by 5
    on conflict (first_symbol, second_symbol, interval, source, bucket) do update set
      n = excluded.n, mean_first = excluded.mean_first, mean_second = excluded.mean_second, squares_first = excluded.squares_first,
      squares_second = excluded.squares_second, products = excluded.products, revision = c.revision + 1, as_of = excluded.as_of,
      recorded_at = clock_timestamp()
      where (c.n, c.mean_first, c.mean_second, c.squares_first, c.squares_second, c.products)
        <> (excluded.n, excluded.mean_first, excluded.mean_second, excluded.squares_first, excluded.squares_second, excluded.products);
    get diagnostics changed = row_count;
  end if;
  return next;
end
$$;
