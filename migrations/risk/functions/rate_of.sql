-- What one unit of an asset is worth in a currency: by the mark of the pair, or of the pair the other way round.
create or replace function rate_of(p_asset text, p_currency text, p_at timestamptz, p_max_age_ms bigint)
returns table (rate numeric, code text)
language plpgsql
stable
set search_path from current
as $$
declare
  v record;
begin
  rate := 1;
  if p_asset <> p_currency then
    select * into v from mark_of(p_asset || '-' || p_currency, true, p_at, p_max_age_ms);
    if v.price is not null then
      rate := v.price;
    else
      select * into v from mark_of(p_currency || '-' || p_asset, false, p_at, p_max_age_ms);
      rate := 1 / v.price;
    end if;
    code := v.code;
  end if;
  return next;
end
$$;
