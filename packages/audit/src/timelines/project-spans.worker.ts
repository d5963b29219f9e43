import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, answers, functionCall } from '@tse/core';

const BATCH = 1000;
const PAUSE_MS = 200;

const project = functionCall('audit.spans.project', 'write', 'project_spans', ['limit'], answers<{ spans: number }>());

/** Adds spans that came to their traces, minutes, dependencies and clocks. */
export const projectSpans = ({ pg }: AdapterContext) => ({
  name: 'project-spans',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { spans } = await pg.one(project, { limit: BATCH });
      if (spans < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
