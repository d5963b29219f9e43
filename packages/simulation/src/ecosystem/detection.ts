import { type EventOf, isAdapterError } from '@tse/core';
import { riskEvents } from '@tse/risk/events';
import type { Fault, TestCoordinatorAdapter } from '@tse/test-coordinator';

type Alerted = EventOf<typeof riskEvents, 'alert.changed'>['payload'];

/** Whether an alert is about what a fault does: by what it is labelled with, as the monitor knows nothing of faults. */
function isAbout({ labels }: Alerted, { kind, params }: Fault): boolean {
  if (kind === 'settlement-delay') return labels['kind'] === 'settlement';
  if (kind === 'order-spam') return labels['scope'] === 'strategy:runaway';
  return labels['symbol'] === params['symbol'];
}

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
