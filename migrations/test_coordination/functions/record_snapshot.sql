-- ok | same | id-conflict and those of admit_run_write
create or replace function record_snapshot(
  p_id text, p_run_id text, p_fence bigint, p_phase text, p_watermarks jsonb, p_items jsonb, p_request_hash text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  outcome := admit_run_write(p_run_id, p_fence);
  if outcome is null then
    insert into snapshots (id, run_id, phase, watermarks, request_hash, fence, taken_at)
    values (p_id, p_run_id, p_phase, p_watermarks, p_request_hash, p_fence, p_at)
    on conflict (id) do nothing;
    if found then
      outcome := 'ok';
      insert into snapshot_items (snapshot_id, schema_name, object, row_count, sums, checksum)
      select p_id, i.schema, i.object, i.rows, coalesce(i.sums, '{}'), i.checksum
      from jsonb_to_recordset(p_items) as i (schema text, object text, rows bigint, sums jsonb, checksum text);
    else
      select case when request_hash = p_request_hash then 'same' else 'id-conflict' end into outcome from snapshots where id = p_id;
    end if;
  end if;
  return next;
end
$$;
