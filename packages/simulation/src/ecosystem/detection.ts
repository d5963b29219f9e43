import { type EventOf, isAdapterError } from '@tse/core';
import { riskEvents } from '@tse/risk/events';
import type { Fault, TestCoordinatorAdapter } from '@tse/test-coordinator';

type Alerted = EventOf<typeof riskEvents, 'alert.changed'>['payload'];

/** What an alert is labelled with that is about what a fault does: the monitor itself knows nothing of faults. */
export function labelsOf({ kind, params }: Pick<Fault, 'kind' | 'params'>): Record<string, string> {
  if (kind === 'settlement-delay') return { kind: 'settlement' };
  if (kind === 'order-spam') return { scope: 'strategy:runaway' };
  return { symbol: params['symbol'] as string };
}

const isAbout = ({ labels }: Alerted, fault: Fault): boolean =>
  Object.entries(labelsOf(fault)).every(([name, value]) => labels[name] === value);

/** Has the coordinator hear the monitor's alerts: the first one about a fault is its detection. */
export function hearDetections({ inbox, faults }: TestCoordinatorAdapter) {
  return inbox.consume(
    { name: 'detections', from: riskEvents, types: ['alert.changed'], start: 'earliest' },
    async ({ payload, occurredAt: at }) => {
      if (payload.type !== 'opened' && payload.type !== 'fired') return;
      for await (const fault of faults.listActive({ fresh: true }))
        if (fault.detectedAt === undefined && isAbout(payload, fault))
          await faults.detect({ faultId: fault.faultId, at }).catch(unlessNotInjected);
    },
  );
}

function unlessNotInjected(error: unknown): void {
  if (!isAdapterError(error) || error.code !== 'not-injected') throw error;
}
