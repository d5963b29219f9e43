import type { AuditAdapter } from '../adapter.ts';
import type { DefineRule } from '../correlations/correlations.ts';
import type { RecordEvent } from '../trail/trail.ts';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
const correlationId = 'seed-flow-1';
/** A flow through five services, as they would tell of it: each caused by the one before. */
const flow: readonly Pick<RecordEvent, 'source' | 'type' | 'aggregateId' | 'payload'>[] = [
  {
    source: 'seed-market-data',
    type: 'manipulation.changed',
    aggregateId: 'm1',
    payload: { symbol: 'BTC-USD', kind: 'shock' },
  },
  { source: 'seed-trading', type: 'signal.decided', aggregateId: 's1', payload: { signal: 's1', action: 'sell' } },
  { source: 'seed-risk', type: 'check.decided', aggregateId: 'o1', payload: { orderId: 'o1', decision: 'allow' } },
  {
    source: 'seed-exchange',
    type: 'order.placed',
    aggregateId: 'o1',
    payload: { orderId: 'o1', symbol: 'BTC-USD', side: 'sell' },
  },
  { source: 'seed-custodian', type: 'settlement.registered', aggregateId: 't1', payload: { settlementId: 't1' } },
];

const rules: readonly DefineRule[] = [
  { ruleId: 'flows', version: 1, kind: 'same-id', by: 'correlationId', minSources: 2 },
  { ruleId: 'orders', version: 1, kind: 'same-order', minSources: 2 },
  {
    ruleId: 'detection',
    version: 1,
    kind: 'time-window',
    by: 'run',
    types: ['manipulation.changed', 'alert.changed'],
    within: 'PT5M',
  },
  { ruleId: 'order-to-trade', version: 1, kind: 'sequence', by: 'orderId', types: ['order.placed', 'trade.settled'] },
];

/** Development data through the ports: the same again changes nothing. */
export async function seedAudit(
  audit: AuditAdapter,
  progress: (text: string) => void,
): Promise<Record<string, number>> {
  progress('rules');
  for (const rule of rules) await audit.correlations.defineRule(rule);
  progress('events');
  for (const [i, event] of flow.entries()) {
    const cause = i === 0 ? {} : { causationId: `seed-${i}` };
    await audit.trail.record({ ...event, eventId: `seed-${i + 1}`, occurredAt: at(i), correlationId, ...cause });
  }
  progress('runs');
  await audit.runs.start({ runId: 'seed', binaryHash: 'development', configHash: 'development', seed: '1' });
  return { rules: rules.length, events: flow.length, runs: 1 };
}
