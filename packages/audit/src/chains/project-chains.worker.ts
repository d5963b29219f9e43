import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, answers, functionCall } from '@tse/core';

const BATCH = 2000;
const PAUSE_MS = 200;

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
  return {
    name: 'project-chains',
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        const done = await pg.one(project, { limit: BATCH });
        for (const state of ['linked', 'unresolved'] as const) causation(done[state], { state });
        causation(done.roots, { state: 'root' });
        behind(done.behind, { projection: 'chains' });
        if (done.events < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    },
  };
}
