import { type RecordedState, lastEvents } from '@tse/core/admin';

const amount = (name: string) => `(payload ->> '${name}')::numeric`;

const fills = (where: string) =>
  `select venue, trade_id, order_id, trim_scale(price) as price, trim_scale(qty) as qty, trim_scale(fee) as fee from facts_fills ${where}`;

/** What the venue makes of an order is the venue's to tell: see the orders of the exchange. Portfolios and equity are valued by marks, and have no past. */
export const states: readonly RecordedState[] = [
  {
    object: 'positions',
    sums: ['qty', 'cost', 'realized', 'fees', 'adjustments'],
    now: `select id, cycle, trim_scale(qty) as qty, trim_scale(cost) as cost, trim_scale(realized) as realized, trim_scale(fees) as fees,
        trim_scale(adjustments) as adjustments, version
      from facts_positions`,
    at: `select aggregate_id, (payload ->> 'cycle')::int as cycle, ${amount('quantity')} as qty, ${amount('cost')} as cost, ${amount('realized')} as realized,
        ${amount('fees')} as fees, ${amount('adjustments')} as adjustments, aggregate_version as version
      from (${lastEvents('position')}) as e`,
    fromEvents: true,
  },
  {
    object: 'fills',
    sums: ['qty', 'fee'],
    now: fills(''),
    at: fills('where source_seq <= ((select vector from asked) ->> source)::bigint'),
  },
  {
    object: 'signals',
    now: `select id, action, outcome, reason from facts_signals where outcome <> 'pending'`,
    at: `select aggregate_id, payload ->> 'action' as action, payload ->> 'outcome' as outcome, payload ->> 'reason' as reason
      from (${lastEvents('signal')}) as e`,
    fromEvents: true,
  },
  {
    object: 'deployments',
    now: `select id, desired, actual, epoch from facts_deployments`,
    at: `select aggregate_id, payload ->> 'desired' as desired, payload ->> 'actual' as actual, (payload ->> 'epoch')::bigint as epoch
      from (${lastEvents('deployment')}) as e`,
    fromEvents: true,
  },
];
