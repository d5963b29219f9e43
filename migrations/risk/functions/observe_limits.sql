-- What each limit on a state of things (of one scope, or all) measures now, with the alert and breach it has open. A position is measured
-- symbol by symbol.
create or replace function observe_limits(p_at timestamptz, p_scope text)
returns table (
  limit_id text, version integer, metric text, scope text, subject text, enabled boolean, observed numeric, code text, warn numeric, soft numeric,
  hard numeric, recover numeric, for_ms bigint, keep_firing_ms bigint, escalate_after_ms bigint, policy_id text,
  alert_id text, alert_state text, alert_severity text, alert_version bigint, opened_at timestamptz, recovering_since timestamptz,
  no_data_id text, no_data_version bigint, breach_id text, breach_observed numeric, breach_limit_version integer
)
language sql
stable
set search_path from current
as $$
  select l.id, l.version, l.metric, l.scope, s.subject, l.enabled, u.observed, u.code, l.warn, l.soft, l.hard, l.recover, l.for_ms, l.keep_firing_ms,
    l.escalate_after_ms, l.policy_id, a.id, a.state, a.severity, a.version, a.opened_at, a.recovering_since, d.id, d.version, b.id, b.observed, b.limit_version
  from current_limits as l
  cross join lateral (
    select '' as subject where l.metric <> 'position'
    union all
    select e.symbol from exposures as e
    where l.metric = 'position' and e.scope = case when l.scope like 'instrument:%' then 'firm' else split_part(l.scope, '|', 1) end
      and (l.scope not like 'instrument:%' or e.symbol = substr(l.scope, 12)) and (split_part(l.scope, '|', 2) in ('', e.symbol))) as s
  left join alerts as a on a.dedup_key = 'breach/' || l.id || '/' || s.subject and a.state <> 'closed'
  left join alerts as d on d.dedup_key = 'no-data/' || l.id || '/' || s.subject and d.state <> 'closed'
  left join breaches as b on b.limit_id = l.id and b.subject = s.subject and b.cleared_at is null
  cross join lateral (
    select e.net_qty as observed, null as code from (
      select abs(x.net_qty) as net_qty from exposures as x
      where l.metric = 'position' and x.scope = case when l.scope like 'instrument:%' then 'firm' else split_part(l.scope, '|', 1) end and x.symbol = s.subject) as e
    union all
    select w.used, null from (
      select coalesce(max(w.used) filter (where w.since = day_start(p_at, l.window_ms, l.time_zone)), 0) as used from limit_windows as w where w.limit_id = l.id) as w
    where l.metric in ('daily-quantity', 'daily-value')
    union all
    select m.observed, m.code from limit_use(l.metric, l.scope, l.currency, l.max_price_age_ms, null, 0, 0, p_at) as m
    where l.metric not in ('position', 'daily-quantity', 'daily-value')) as u
  where l.metric in ('position', 'gross-exposure', 'net-exposure', 'concentration', 'leverage', 'daily-loss', 'drawdown', 'open-orders', 'open-positions',
      'daily-quantity', 'daily-value', 'value-at-risk')
    and (p_scope is null or l.scope = p_scope)
    and (l.enabled or a.id is not null or d.id is not null)
$$;
