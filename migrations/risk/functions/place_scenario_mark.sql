-- ok | same | id-conflict
create or replace function place_scenario_mark(p_id text, p_run_id text, p_labels jsonb, p_at timestamptz, p_request_hash text)
returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  perform enter_books(false);
  insert into scenario_marks (id, run_id, labels, began_at, request_hash) values (p_id, p_run_id, p_labels, p_at, p_request_hash)
  on conflict (id) do nothing;
  if found then
    return query select 'ok';
  else
    return query select case when m.request_hash = p_request_hash then 'same' else 'id-conflict' end from scenario_marks as m where m.id = p_id;
  end if;
end
$$;
