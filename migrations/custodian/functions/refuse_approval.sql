-- Why nothing can be asked for on these terms, or null: unknown-approver | quorum-unreachable. Locks the approvers for share, against
-- their removal. p_terms: { join, veto, expiresAfterMs, groups: [{ name, threshold, members }] }
create or replace function refuse_approval(p_terms jsonb, p_initiator_id text) returns text
language plpgsql
set search_path from current
as $$
declare
  v_members text[];
  v_groups constant jsonb := p_terms -> 'groups';
begin
  v_members := array(
    select distinct m.id from jsonb_array_elements(v_groups) as g, jsonb_array_elements_text(g -> 'members') as m (id) order by m.id);
  perform from approvers where id = any (v_members) order by id for share;
  if (select count(*) from approvers where id = any (v_members)) < cardinality(v_members) then
    return 'unknown-approver';
  end if;
  if not quorum_met(p_terms ->> 'join', array(select (g ->> 'threshold')::integer from jsonb_array_elements(v_groups) as g), array(
    select bit_or(1 << (g.n - 1)::integer)
    from jsonb_array_elements(v_groups) with ordinality as g (spec, n), jsonb_array_elements_text(g.spec -> 'members') as m (id)
    join approvers as a on a.id = m.id and a.status = 'active'
    where m.id is distinct from p_initiator_id group by m.id)) then
    return 'quorum-unreachable';
  end if;
  return null;
end
$$;
