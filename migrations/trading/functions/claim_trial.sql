-- The first trial that waits, or whose claim has run out; no row where there is none. The lock in a statement of its own: as a subquery of
-- the update it may be planned to run once a row, and then locks and claims all of them.
create or replace function claim_trial(p_study_id text, p_worker text, p_ttl interval) returns table (n integer, params jsonb, claim bigint)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  t trials;
begin
  select o.* into t from trials as o join studies as s on s.id = o.study_id and s.status = 'open'
  where o.study_id = p_study_id and (o.state = 'waiting' or (o.state = 'running' and o.claimed_until <= clock_timestamp()))
  order by o.n limit 1 for no key update of o skip locked;
  if found then
    return query
      update trials as o set state = 'running', worker = p_worker, claim = o.claim + 1, claimed_until = clock_timestamp() + p_ttl
      where o.study_id = t.study_id and o.n = t.n
      returning o.n, o.params, o.claim;
  end if;
end
$$;
