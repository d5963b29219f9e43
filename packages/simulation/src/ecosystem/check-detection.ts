import type { AuditAdapter, TrailEvent } from '@tse/audit';
import type { Fault } from '@tse/test-coordinator';
import { type Invariant, invariantOf } from '../report.ts';

/** Seconds of business time in which a manipulated price is to be noticed. */
const SERVICE_LEVEL = 15;

/**
 * Invariant "detection": from the trail alone, each manipulation of a price was followed by an alert about its symbol within the service
 * level, and by as many seconds as the coordinator's ledger says.
 */
export async function checkDetection(
  audit: AuditAdapter,
  faults: readonly Fault[],
  signal?: AbortSignal,
): Promise<Invariant[]> {
  const changed = await eventsOf(audit, 'manipulation.changed', signal);
  const began = changed.filter(
    ({ payload }) => payload['state'] === 'active' && payload['previousState'] === 'injecting',
  );
  if (began.length === 0) return [];
  const alerts = (await eventsOf(audit, 'alert.changed', signal)).filter(({ payload }) => payload['type'] === 'opened');
  const problems: string[] = [];
  for (const { payload, occurredAt } of began) {
    const { symbol, manipulationId } = payload as { symbol: string; manipulationId: string };
    const alert = alerts.find(
      (each) =>
        each.occurredAt >= occurredAt && (each.payload['labels'] as Record<string, string>)['symbol'] === symbol,
    );
    const seconds = alert && (Date.parse(alert.occurredAt) - Date.parse(occurredAt)) / 1000;
    const ledger = faults.find(({ faultId }) => manipulationId.endsWith(faultId))?.detectionMs;
    if (seconds === undefined) problems.push(`nobody noticed ${manipulationId}`);
    else if (seconds > SERVICE_LEVEL) problems.push(`${manipulationId} was noticed after ${seconds} s`);
    else if (ledger !== seconds * 1000)
      problems.push(`${manipulationId}: ${seconds} s in the trail, ${ledger} ms in the ledger`);
  }
  return [invariantOf('detection', began.length, problems)];
}

type Read = Pick<TrailEvent, 'occurredAt'> & { payload: Record<string, unknown> };

async function eventsOf(audit: AuditAdapter, type: string, signal?: AbortSignal): Promise<Read[]> {
  const found: Read[] = [];
  for await (const event of audit.trail.list(
    { types: [type], sort: 'oldest', limit: 1000 },
    { ...(signal && { signal }) },
  ))
    found.push(event as Read);
  return found;
}
