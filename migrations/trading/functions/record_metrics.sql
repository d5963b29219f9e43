-- The same metrics of a step are the same; others under a step that is taken are a conflict, and none of them is kept.
-- ok | same | step-taken
create or replace function record_metrics(p_owner_kind text, p_owner_id text, p_step bigint, p_at timestamptz, p_metrics jsonb)
returns table (outcome text)
language plpgsql
set search_path from current
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  v_given integer := jsonb_array_length(p_metrics);
  v_taken integer;
  v_same integer;
begin
  -- One writer of an owner at a time.
  perform pg_advisory_xact_lock(hashtextextended(current_schema() || ' metrics ' || p_owner_kind || ' ' || p_owner_id, 0));
  select count(p.name), count(p.name) filter (where p.value is not distinct from m.value and p.reason is not distinct from m.reason)
  into v_taken, v_same
  from jsonb_to_recordset(p_metrics) as m (name text, value double precision, reason text)
  left join metric_points as p on p.owner_kind = p_owner_kind and p.owner_id = p_owner_id and p.name = m.name and p.step = p_step;
  if v_taken > 0 then
    return query select case when v_same = v_given then 'same' else 'step-taken' end;
    return;
  end if;
  insert into metric_points (owner_kind, owner_id, name, step, at, value, reason, samples, period, periods_per_year, risk_free, return_kind,
    peak_at, trough_at, recovered_at)
  select p_owner_kind, p_owner_id, m.name, p_step, p_at, m.value, m.reason, m.samples, m.period, m.periods_per_year, m.risk_free,
    m.return_kind, m.peak_at, m.trough_at, m.recovered_at
  from jsonb_to_recordset(p_metrics) as m (name text, value double precision, reason text, samples integer, period text,
    periods_per_year double precision, risk_free double precision, return_kind text, peak_at timestamptz, trough_at timestamptz,
    recovered_at timestamptz);
  insert into metric_latest as l (owner_kind, owner_id, name, step, at, value, reason, samples, period, periods_per_year, risk_free, return_kind,
    peak_at, trough_at, recovered_at)
  select owner_kind, owner_id, name, step, at, value, reason, samples, period, periods_per_year, risk_free, return_kind, peak_at, trough_at,
    recovered_at
  from metric_points
  where owner_kind = p_owner_kind and owner_id = p_owner_id and step = p_step
    and name in (select m.name from jsonb_to_recordset(p_metrics) as m (name text))
  on conflict (owner_kind, owner_id, name) do update set step = excluded.step, at = excluded.at, value = excluded.value,
    reason = excluded.reason, samples = excluded.samples, period = excluded.period, periods_per_year = excluded.periods_per_year,
    risk_free = excluded.risk_free, return_kind = excluded.return_kind, peak_at = excluded.peak_at, trough_at = excluded.trough_at,
    recovered_at = excluded.recovered_at
    where l.step < excluded.step;
  return query select 'ok';
end
$$;
