-- Adds to what a series covers.
create or replace function cover_range(
  p_symbol text, p_kind text, p_source text, p_interval text, p_price_type text, p_covered tstzmultirange
) returns void
language plpgsql
set search_path from current
as $$
begin
  insert into coverage (symbol, kind, source, interval, price_type, covered)
  values (p_symbol, p_kind, p_source, p_interval, p_price_type, p_covered)
  on conflict (symbol, kind, source, interval, price_type) do update
    set covered = coverage.covered + excluded.covered, updated_at = clock_timestamp()
    where not coverage.covered @> excluded.covered;
end
$$;
