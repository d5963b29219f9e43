import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, answers, functionCall } from '@tse/core';

const BATCH = 2000;
const PAUSE_MS = 200;

const project = functionCall(
  'audit.timelines.project',
  'write',
  'project_timelines',
  ['limit'],
  answers<{ events: number; behind: number }>(),
);

/** Counts events by minute and dependency, once their causes are linked. */
export function projectTimelines({ pg, telemetry }: AdapterContext) {
  const behind = telemetry.gauge('audit_projection_behind', 'Events of the trail that are not derived from yet', [
    'projection',
  ]);
  return {
    name: 'project-timelines',
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        const done = await pg.one(project, { limit: BATCH });
        behind(done.behind, { projection: 'timelines' });
        if (done.events < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    },
  };
}
