-- Jobs with what they depend on, all or none, parents before children.
-- ok | same | id-conflict | unknown-scenario | unknown-version | unknown-parent
create or replace function enqueue_jobs(p_jobs jsonb, p_at timestamptz) returns table (outcome text, job_id text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  j record;
  d record;
  v_hash text;
  v_last integer;
  v_parent jobs;
  v_pending integer;
  v_skip boolean;
  v_same integer := 0;
begin
  for j in
    select * from jsonb_to_recordset(p_jobs) as e (id text, "scenarioId" text, "scenarioVersion" integer, parameters jsonb, "lockName" text,
      "exclusiveKey" text, priority integer, "startAfter" timestamptz, "maxAttempts" integer, "backoffMs" double precision, hash text, "dependsOn" jsonb)
  loop
    job_id := j.id;
    select request_hash into v_hash from jobs where id = j.id;
    select last_version into v_last from scenarios where id = j."scenarioId";
    outcome := case
      when v_hash = j.hash then 'same'
      when v_hash is not null then 'id-conflict'
      when v_last is null then 'unknown-scenario'
      when j."scenarioVersion" > v_last then 'unknown-version'
      when exists (select from jsonb_to_recordset(j."dependsOn") as w ("jobId" text) where not exists (select from jobs where id = w."jobId")
        and not exists (select from jsonb_to_recordset(p_jobs) as other (id text) where other.id = w."jobId")) then 'unknown-parent'
    end;
    v_same := v_same + (outcome = 'same' and outcome is not null)::integer;
    if outcome <> 'same' then
      return next;
      return;
    end if;
  end loop;
  for j in
    select * from jsonb_to_recordset(p_jobs) as e (id text, "scenarioId" text, "scenarioVersion" integer, parameters jsonb, "lockName" text,
      "exclusiveKey" text, priority integer, "startAfter" timestamptz, "maxAttempts" integer, "backoffMs" double precision, hash text, "dependsOn" jsonb)
  loop
    insert into jobs (id, scenario_id, scenario_version, parameters, lock_name, state, exclusive_key, priority, start_after, max_attempts, backoff,
      request_hash, created_at)
    values (j.id, j."scenarioId", j."scenarioVersion", j.parameters, j."lockName", 'ready', j."exclusiveKey", j.priority, j."startAfter", j."maxAttempts",
      j."backoffMs" * interval '1 millisecond', j.hash, p_at)
    on conflict (id) do nothing;
    continue when not found;
    v_pending := 0;
    v_skip := false;
    for d in select * from jsonb_to_recordset(j."dependsOn") as e ("jobId" text, "onFailure" text) order by 1 loop
      -- A parent that ends meanwhile resolves this child itself, or is seen here as ended.
      select * into v_parent from jobs where id = d."jobId" for share;
      insert into job_dependencies (child_id, parent_id, on_failure, resolved)
      values (j.id, d."jobId", d."onFailure", v_parent.state = 'completed' or (v_parent.ended_at is not null and d."onFailure" <> 'block'));
      if v_parent.state = 'completed' or (v_parent.ended_at is not null and d."onFailure" = 'run') then
        continue;
      end if;
      v_skip := v_skip or (v_parent.ended_at is not null and d."onFailure" = 'skip');
      v_pending := v_pending + 1;
    end loop;
    if v_skip then
      update jobs set state = 'skipped', ended_at = p_at where id = j.id;
      perform resolve_children(j.id, p_at);
    elsif v_pending > 0 then
      update jobs set state = 'blocked', pending_dependencies = v_pending where id = j.id;
    end if;
  end loop;
  outcome := case when v_same = jsonb_array_length(p_jobs) then 'same' else 'ok' end;
  job_id := null;
  return next;
end
$$;
