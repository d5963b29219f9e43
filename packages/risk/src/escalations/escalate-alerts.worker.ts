import { dueWorker } from '@tse/core';
import type { EscalationRepository } from './escalations.repository.ts';

/** Half of what one look takes: it says how many alerts it touched, of which some may have two steps due. */
const BATCH = 100;

/** Takes the steps of escalations that are due in business time. */
export const escalateAlerts = (escalations: EscalationRepository) =>
  dueWorker({
    name: 'escalate-alerts',
    batch: BATCH,
    pauseMs: 200,
    work: (limit) => escalations.escalateDue(2 * limit),
  });
