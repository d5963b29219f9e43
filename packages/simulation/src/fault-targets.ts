import { type BaseAdapter, type Consumer, type EventOf, withContext } from '@tse/core';
import type { TestCoordinatorAdapter } from '@tse/test-coordinator';
import { testCoordinatorEvents } from '@tse/test-coordinator/events';

/** A fault as its target hears of it. */
export type ToldFault = EventOf<typeof testCoordinatorEvents, 'fault.changed'>['payload'];

/** How a service breaks itself on purpose, and puts it right. Both may be called again for the same fault, and do nothing twice. */
export interface FaultHandlers {
  inject(fault: ToldFault): Promise<unknown>;
  undo(fault: ToldFault): Promise<unknown>;
}

/** Has a service inject and undo what the coordinator's events tell of it, under the run's fence; each is confirmed once it is done. */
export function followFaults(
  { inbox }: Pick<BaseAdapter, 'inbox'>,
  target: string,
  handlers: FaultHandlers,
  confirm: TestCoordinatorAdapter['faults']['confirm'],
): Consumer {
  return inbox.consume(
    { name: 'faults', from: testCoordinatorEvents, types: ['fault.changed'], start: 'earliest' },
    async ({ payload: fault }) => {
      if (fault.target !== target) return;
      const { faultId, runId: run, fence, state } = fault;
      if (state === 'injecting') {
        await withContext({ run, fence }, () => handlers.inject(fault));
        await confirm({ faultId, state: 'injected' }).catch(ifItIsOver);
      } else if (state === 'undoing') {
        await withContext({ run, fence }, () => handlers.undo(fault));
        await confirm({ faultId, state: 'undone' }).catch(ifItIsOver);
      }
    },
  );
}

/** It was undone meanwhile, which an event further on tells. */
function ifItIsOver(error: unknown): void {
  if ((error as { code?: string }).code !== 'illegal-transition') throw error;
}
