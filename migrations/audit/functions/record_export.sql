-- That a bundle was taken out of the trail.
-- ok | same | id-conflict
create or replace function record_export(
  p_export_id text, p_query jsonb, p_watermark bigint, p_events bigint, p_sha256 text, p_verified boolean, p_actor text, p_exported_at timestamptz,
  p_request_hash text
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  insert into exports (export_id, query, watermark, events, sha256, verified, actor, exported_at, request_hash)
  values (p_export_id, p_query, p_watermark, p_events, p_sha256, p_verified, p_actor, p_exported_at, p_request_hash)
  on conflict do nothing;
  if found then
    return query select 'ok';
  else
    return query select case when e.request_hash = p_request_hash then 'same' else 'id-conflict' end from exports as e where e.export_id = p_export_id;
  end if;
end
$$;
