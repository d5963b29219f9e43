import { dueWorker } from '@tse/core';
import type { ManipulationRepository } from './manipulations.repository.ts';

/** Recovers manipulations whose end has come in business time. */
export const endManipulations = (manipulations: ManipulationRepository) =>
  dueWorker({ name: 'end-manipulations', batch: 100, pauseMs: 200, work: (limit) => manipulations.endDue(limit) });
