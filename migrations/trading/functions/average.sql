-- A mean price to 18 digits, or nothing where there is nothing to divide by.
create or replace function average(p_quote numeric, p_qty numeric) returns numeric
language sql
immutable
return case when p_qty > 0 then trim_scale(round(round(p_quote, 40) / p_qty, 18)) end;
