import { type AdapterContext, answers, functionCall, pollingWorker } from '@tse/core';

const project = functionCall(
  'audit.chains.project',
  'write',
  'project_chains',
  ['limit'],
  answers<{ events: number; behind: number; linked: number; unresolved: number; roots: number }>(),
);

/** Links events to their causes and adds them to their traces, as they come into the trail. */
export function projectChains({ pg, telemetry }: AdapterContext) {
  const causation = telemetry.gauge(
    'system_causation_chain',
    'Events of the trail by what is known of their cause: linked, unresolved (not in the trail, or a command), none (root)',
    ['state'],
  );
  const behind = telemetry.gauge('audit_projection_behind', 'Events of the trail that are not derived from yet', [
    'projection',
  ]);
  return pollingWorker({
    name: 'project-chains',
    batch: 2000,
    pauseMs: 200,
    async work(limit) {
      const done = await pg.one(project, { limit });
      for (const state of ['linked', 'unresolved'] as const) causation(done[state], { state });
      causation(done.roots, { state: 'root' });
      behind(done.behind, { projection: 'chains' });
      return done.events;
    },
  });
}
