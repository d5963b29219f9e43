-- The first trial that waits, or whose claim has run out; no row where there is none.
create or replace function claim_trial(p_study_id text, p_worker text, p_ttl interval) returns table (n integer, params jsonb, claim bigint)
language sql
set search_path from current
as $$
  update trials as t set state = 'running', worker = p_worker, claim = t.claim + 1, claimed_until = clock_timestamp() + p_ttl
  from (
    select o.n from trials as o join studies as s on s.id = o.study_id and s.status = 'open'
    where o.study_id = p_study_id and (o.state = 'waiting' or (o.state = 'running' and o.claimed_until <= clock_timestamp()))
    order by o.n limit 1 for no key update of o skip locked) as next
  where t.study_id = p_study_id and t.n = next.n
  returning t.n, t.params, t.claim
$$;
