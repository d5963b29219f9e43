-- ok | same | unknown-study
create or replace function close_study(p_id text) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  update studies as s set status = 'closed', version = s.version + 1 where s.id = p_id and s.status = 'open';
  if found then
    return query select 'ok';
  else
    return query select case when exists (select from studies as s where s.id = p_id) then 'same' else 'unknown-study' end;
  end if;
end
$$;
