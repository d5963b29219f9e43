-- Up to `scale` fraction digits, for amounts that are not negative: what a hold is rounded by. Exact: no division.
create or replace function round_up(value numeric, scale integer) returns numeric
language sql
immutable
parallel safe
return trunc(value, scale) + case when value > trunc(value, scale) then ('1e-' || scale::text)::numeric else 0 end;
