-- Whether p_fence may act for a test run; without one, whether nothing but such a run may. Changes nothing: raise_fence does.
-- null where it may | stale-fence | fence-required
create or replace function may_act(p_owner text, p_run_id text, p_fence bigint) returns text
language sql
stable
set search_path from current
as $$
  select case
    when p_run_id is null and p_owner is null then null
    when p_run_id is distinct from coalesce(p_owner, p_run_id) then 'fence-required'
    when p_fence < (select fence from run_fences where run_id = p_run_id) then 'stale-fence'
  end
$$;
