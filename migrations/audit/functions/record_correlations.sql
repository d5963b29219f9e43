-- Keeps findings, each once by the hash of what it is made of, and answers how many are new.
create or replace function record_correlations(p_rule_id text, p_rule_version integer, p_findings jsonb) returns table (added integer)
language sql
set search_path from current
as $$
  with kept as (
    insert into correlations (rule_id, rule_version, input_hash, correlation_key, confidence, positions, evidence, first_at, last_at)
    select p_rule_id, p_rule_version, f.input_hash, f.correlation_key, f.confidence, f.positions, f.evidence, f.first_at, f.last_at
    from jsonb_to_recordset(p_findings) as f (
      input_hash text, correlation_key text, confidence double precision, positions bigint[], evidence jsonb, first_at timestamptz, last_at timestamptz)
    order by f.input_hash
    on conflict do nothing
    returning 1
  )
  select count(*)::integer from kept
$$;
