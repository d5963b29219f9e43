-- Whether persons, each given as the bits of the groups that it is in, meet the thresholds of the groups when each counts in one at most:
-- by Hall's theorem they do where any set of groups has at least as many of them in it as it asks for.
create or replace function quorum_met(p_join text, p_thresholds integer[], p_persons integer[]) returns boolean
language plpgsql
immutable
set search_path from current
as $$
begin
  return case p_join
    when 'any' then exists (
      select from unnest(p_thresholds) with ordinality as g (threshold, n)
      where g.threshold <= (select count(*) from unnest(p_persons) as p (groups) where p.groups & (1 << (g.n - 1)::integer) <> 0))
    else not exists (
      select from generate_series(1, (1 << cardinality(p_thresholds)) - 1) as s (mask)
      where (select sum(g.threshold) from unnest(p_thresholds) with ordinality as g (threshold, n) where s.mask & (1 << (g.n - 1)::integer) <> 0)
        > (select count(*) from unnest(p_persons) as p (groups) where p.groups & s.mask <> 0))
  end;
end
$$;
