import { type AdapterContext, answers, functionCall, pollingWorker } from '@tse/core';

const project = functionCall('audit.spans.project', 'write', 'project_spans', ['limit'], answers<{ spans: number }>());

/** Adds spans that came to their traces, minutes, dependencies and clocks. */
export const projectSpans = ({ pg }: AdapterContext) =>
  pollingWorker({
    name: 'project-spans',
    batch: 1000,
    pauseMs: 200,
    work: async (limit) => (await pg.one(project, { limit })).spans,
  });
