import type { BaseAdapter, Consumer } from '@tse/core';
import { testCoordinatorEvents } from '@tse/test-coordinator/events';

/** Has a service refuse whoever held the lock of a run before: it raises the fence it knows as the coordinator's events tell of it. */
export function followRuns({ inbox, runFences }: Pick<BaseAdapter, 'inbox' | 'runFences'>): Consumer {
  return inbox.consume(
    { name: 'runs', from: testCoordinatorEvents, types: ['run.changed'], start: 'earliest' },
    async ({ payload: { runId: run, fence } }) => {
      if (fence !== undefined) await runFences.raise({ run, fence });
    },
  );
}
