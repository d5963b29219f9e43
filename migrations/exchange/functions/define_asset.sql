-- ok | same | id-conflict
create or replace function define_asset(p_code text, p_scale integer, p_name text) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  insert into assets (code, scale, name) values (p_code, p_scale, p_name) on conflict (code) do nothing;
  if found then
    return query select 'ok';
  else
    return query select case when a.scale = p_scale and a.name is not distinct from p_name then 'same' else 'id-conflict' end
      from assets as a where a.code = p_code;
  end if;
end
$$;
