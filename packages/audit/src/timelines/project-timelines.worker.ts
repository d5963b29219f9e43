import { type AdapterContext, answers, functionCall, pollingWorker } from '@tse/core';

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
  return pollingWorker({
    name: 'project-timelines',
    batch: 2000,
    pauseMs: 200,
    async work(limit) {
      const done = await pg.one(project, { limit });
      behind(done.behind, { projection: 'timelines' });
      return done.events;
    },
  });
}
