-- From those built from trades to the coarsest.
create or replace function ordered_intervals() returns table (name text, depth integer)
language sql
stable
set search_path from current
as $$
  with recursive tree as (
    select i.name, 0 as depth from intervals as i where i.rolled_from is null
    union all
    select i.name, t.depth + 1 from tree as t join intervals as i on i.rolled_from = t.name)
  select name, depth from tree
$$;
