-- Whose moves are those of a run: its own, and those of its ancestors up to where each was left. From to_seq downwards to above from_seq.
create or replace function scenario_lineage(p_id text, p_until bigint default null)
returns table (run_id text, from_seq bigint, to_seq bigint)
language sql
stable
set search_path from current
as $$
  with recursive lineage as (
    select r.id, r.parent_id, coalesce(r.fork_seq, 0) as from_seq, least(r.last_seq, coalesce(p_until, r.last_seq)) as to_seq
    from scenario_runs as r where r.id = p_id
    union all
    select r.id, r.parent_id, coalesce(r.fork_seq, 0), least(l.from_seq, l.to_seq)
    from lineage as l join scenario_runs as r on r.id = l.parent_id
  )
  select id, from_seq, to_seq from lineage where to_seq > from_seq
$$;
