import { dueWorker } from '@tse/core';
import type { ScheduleRepository } from './schedules.repository.ts';

/** Fires what is due in business time. */
export const fireSchedules = (schedules: ScheduleRepository) =>
  dueWorker({ name: 'fire-schedules', batch: 50, pauseMs: 200, work: (limit) => schedules.fireDue(limit) });
