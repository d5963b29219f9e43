-- Appends to a run's history of operations in the order given; p_after is the number of the last that the caller knows, so a repeat is seen.
-- ok | same | history-differs and those of admit_run_write
create or replace function record_operations(p_run_id text, p_fence bigint, p_after bigint, p_operations jsonb, p_at timestamptz)
returns table (outcome text, last_n bigint)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  outcome := admit_run_write(p_run_id, p_fence);
  select coalesce(max(o.n), 0) into last_n from operations as o where o.run_id = p_run_id;
  if outcome is null then
    if p_after = last_n then
      outcome := 'ok';
      insert into operations (run_id, n, process, type, f, key, value, at)
      select p_run_id, p_after + g.n, o.process, o.type, o.f, o.key, o.value, coalesce(o.at, p_at)
      from jsonb_array_elements(p_operations) with ordinality as g (operation, n),
        jsonb_to_record(g.operation) as o (process text, type text, f text, key text, value jsonb, at timestamptz);
      last_n := p_after + jsonb_array_length(p_operations);
    else
      select case when count(*) = jsonb_array_length(p_operations) and p_after < last_n then 'same' else 'history-differs' end into outcome
      from jsonb_array_elements(p_operations) with ordinality as g (operation, n)
      cross join lateral jsonb_to_record(g.operation) as o (process text, type text, f text, key text, value jsonb)
      join operations as k on k.run_id = p_run_id and k.n = p_after + g.n and (k.process, k.type, k.f) = (o.process, o.type, o.f)
        and k.key is not distinct from o.key and k.value is not distinct from o.value;
    end if;
  end if;
  return next;
end
$$;
