import { type RecordedState, lastEvents } from '@tse/core/admin';

const fills = (where: string) =>
  `select venue, account_id, symbol, trim_scale(sum(case side when 'buy' then qty else -qty end)) as qty, count(*) as fills
   from facts_fills ${where} group by venue, account_id, symbol`;

/** Exposures, reservations and marks are made of what is read, again and again, and told by no event: they have no past. */
export const states: readonly RecordedState[] = [
  {
    object: 'limits',
    sums: ['hard'],
    now: `select distinct on (limit_id) limit_id, version, metric, scope, enabled, trim_scale(warn) as warn, trim_scale(soft) as soft, trim_scale(hard) as hard
      from facts_limits order by limit_id, version desc`,
    at: `select aggregate_id, (payload ->> 'limitVersion')::bigint as version, payload ->> 'metric' as metric, payload ->> 'scope' as scope,
        (payload ->> 'enabled')::boolean as enabled, (payload ->> 'warn')::numeric as warn, (payload ->> 'soft')::numeric as soft,
        (payload ->> 'hard')::numeric as hard
      from (${lastEvents('limit')}) as e`,
    fromEvents: true,
  },
  {
    object: 'checks',
    now: `select id, order_id, attempt, decision, code from facts_checks`,
    at: `select aggregate_id, payload ->> 'orderId' as order_id, (payload ->> 'attempt')::int as attempt, payload ->> 'decision' as decision,
        payload ->> 'code' as code
      from (${lastEvents('check')}) as e`,
    fromEvents: true,
  },
  {
    object: 'breaches',
    now: `select id, limit_id, severity, cleared_at is not null as cleared from facts_breaches`,
    at: `select aggregate_id, payload ->> 'limitId' as limit_id, payload ->> 'severity' as severity, payload ->> 'type' = 'cleared' as cleared
      from (${lastEvents('breach')}) as e`,
    fromEvents: true,
  },
  {
    object: 'alerts',
    now: `select id, kind, state, severity from facts_alerts`,
    at: `select aggregate_id, payload ->> 'kind' as kind, payload ->> 'state' as state, payload ->> 'severity' as severity
      from (${lastEvents('alert')}) as e`,
    fromEvents: true,
  },
  {
    object: 'positions',
    sums: ['qty'],
    now: `select venue, account_id, symbol, trim_scale(qty) as qty, fills::bigint as fills from facts_positions where fills > 0`,
    // What a fill was read from says how far the venue was; one that came otherwise has no place in the past.
    at: fills('where source_seq <= ((select vector from asked) ->> source)::bigint'),
  },
];
