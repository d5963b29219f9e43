-- A report of a period from what was recorded by its watermark. Without one it is now: alone in the books for that moment, so that all that
-- is recorded by then is there to be seen. The same watermark gives the same text.
-- ok | same | id-conflict | watermark-ahead
create or replace function generate_report(
  p_id text, p_kind text, p_from timestamptz, p_until timestamptz, p_watermark timestamptz, p_request_hash text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
  v_mark timestamptz;
  v_body jsonb := '{}';
begin
  perform enter_books(true);
  v_mark := coalesce(p_watermark, clock_timestamp());
  select r.request_hash into v_hash from compliance_reports as r where r.id = p_id;
  if v_hash is not null or p_watermark > clock_timestamp() then
    return query select case when v_hash = p_request_hash then 'same' when v_hash is not null then 'id-conflict' else 'watermark-ahead' end;
    return;
  end if;
  if p_kind in ('decisions', 'daily-summary') then
    v_body := v_body || jsonb_build_object('decisions', (
      select coalesce(jsonb_agg(jsonb_build_object('decision', d.decision, 'code', d.code, 'count', d.n) order by d.decision, d.code), '[]')
      from (select c.decision, c.code, count(*) as n from checks as c
        where c.decided_at >= p_from and c.decided_at < p_until and c.recorded_at <= v_mark group by c.decision, c.code) as d));
  end if;
  if p_kind = 'decisions' then
    v_body := v_body || jsonb_build_object('denied', (
      select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('checkId', c.id, 'orderId', c.order_id, 'account', c.account_id, 'symbol', c.symbol, 'side', c.side,
        'quantity', trim_scale(c.qty)::text, 'code', c.code, 'limitId', c.binding_limit_id, 'limitVersion', c.binding_limit_version,
        'observed', trim_scale(c.observed)::text, 'limit', trim_scale(c.limit_value)::text, 'at', instant_text(c.decided_at))) order by c.decided_at, c.id), '[]')
      from checks as c where c.decision = 'deny' and c.decided_at >= p_from and c.decided_at < p_until and c.recorded_at <= v_mark));
  end if;
  if p_kind in ('breach-history', 'daily-summary') then
    v_body := v_body || jsonb_build_object('breaches', (
      select coalesce(jsonb_agg(jsonb_build_object('breachId', e.breach_id, 'type', e.type, 'severity', e.severity, 'observed', trim_scale(e.observed)::text,
        'limitId', b.limit_id, 'limitVersion', e.limit_version, 'scope', b.scope, 'subject', b.subject, 'at', instant_text(e.occurred_at))
        order by e.occurred_at, e.breach_id, e.version), '[]')
      from breach_events as e join breaches as b on b.id = e.breach_id
      where e.occurred_at >= p_from and e.occurred_at < p_until and e.recorded_at <= v_mark));
  end if;
  if p_kind in ('limit-changes', 'daily-summary') then
    v_body := v_body || jsonb_build_object('limits', (
      select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('limitId', v.limit_id, 'limitVersion', v.version, 'metric', l.metric, 'scope', l.scope,
        'enabled', v.enabled, 'warn', trim_scale(v.warn)::text, 'soft', trim_scale(v.soft)::text, 'hard', trim_scale(v.hard)::text, 'reason', v.reason,
        'actor', v.actor, 'at', instant_text(v.valid_from))) order by v.valid_from, v.limit_id, v.version), '[]')
      from limit_versions as v join limits as l on l.id = v.limit_id
      where v.valid_from >= p_from and v.valid_from < p_until and v.recorded_at <= v_mark), 'tradingStates', (
      select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('scope', t.scope, 'epoch', t.epoch, 'from', t.from_state, 'to', t.to_state, 'reason', t.reason,
        'actor', t.actor, 'at', instant_text(t.changed_at))) order by t.changed_at, t.scope, t.epoch), '[]')
      from trading_state_changes as t where t.changed_at >= p_from and t.changed_at < p_until and t.recorded_at <= v_mark));
  end if;
  if p_kind = 'daily-summary' then
    v_body := v_body || jsonb_build_object('alerts', (
      select coalesce(jsonb_agg(jsonb_build_object('type', d.type, 'severity', d.severity, 'count', d.n) order by d.type, d.severity), '[]')
      from (select a.type, a.severity, count(*) as n from alert_log as a
        where a.occurred_at >= p_from and a.occurred_at < p_until and a.recorded_at <= v_mark group by a.type, a.severity) as d), 'fills', (
      select jsonb_build_object('count', count(*), 'accounts', count(distinct f.account_id)) from fills as f
      where f.filled_at >= p_from and f.filled_at < p_until and f.recorded_at <= v_mark));
  end if;
  insert into compliance_reports (id, kind, from_at, until_at, watermark, body, sha256, request_hash, generated_at)
  values (p_id, p_kind, p_from, p_until, v_mark, v_body::text, encode(sha256(convert_to(v_body::text, 'UTF8')), 'hex'), p_request_hash, p_at);
  return query select 'ok';
end
$$;
