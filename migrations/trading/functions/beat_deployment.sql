-- ok | unknown-deployment | stale-epoch | deployment-stopped
create or replace function beat_deployment(p_id text, p_epoch bigint) returns table (outcome text, desired text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  d deployments;
begin
  update deployments set heartbeat_at = clock_timestamp() where id = p_id and epoch = p_epoch and actual <> 'stopped' returning * into d;
  if found then
    return query select 'ok', d.desired::text;
    return;
  end if;
  select * into d from deployments where id = p_id;
  return query select case when d.id is null then 'unknown-deployment' when d.epoch <> p_epoch then 'stale-epoch' else 'deployment-stopped' end,
    d.desired::text;
end
$$;
