-- What the end of an approval means for the set that it was about. Called with the set locked.
create or replace function decide_policy_change(p_id text, p_status text, p_at timestamptz, p_context write_context) returns void
language plpgsql
set search_path from current
as $$
declare
  v_version integer;
begin
  if p_status = 'approved' then
    update policy_sets set status = 'retired', ended_at = p_at where status = 'published' returning version + 1 into v_version;
    update policy_sets set status = 'published', version = v_version, published_at = p_at where id = p_id;
  else
    update policy_sets set status = p_status, ended_at = p_at where id = p_id;
  end if;
  perform record_compliance('policy-change', 'policy', p_id, case p_status when 'approved' then 'published' else p_status end, v_version,
    null, null, null, p_at, p_context);
end
$$;
