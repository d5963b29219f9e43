import { dueWorker } from '@tse/core';
import type { RunRepository } from '../runs/runs.repository.ts';
import type { FaultRepository } from './faults.repository.ts';

/** Interrupts runs whose lease was lost and has undone what must be over. */
export const reapFaults = (runs: RunRepository, faults: FaultRepository) =>
  dueWorker({
    name: 'reap-faults',
    batch: 100,
    pauseMs: 200,
    work: async (limit) => Math.max(await runs.interruptLost(limit), await faults.reap(limit)),
  });
