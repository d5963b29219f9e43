import type { NewJob } from './jobs.ts';

/** Parents before children, otherwise as they came; `undefined` where some of them wait for each other in a circle. */
export function inDependencyOrder(jobs: readonly NewJob[]): NewJob[] | undefined {
  const left = new Map(jobs.map((job) => [job.jobId, job]));
  const ordered: NewJob[] = [];
  while (left.size > 0) {
    const free = [...left.values()].filter(({ dependsOn }) => !dependsOn.some(({ jobId }) => left.has(jobId)));
    if (free.length === 0) return undefined;
    for (const job of free) {
      left.delete(job.jobId);
      ordered.push(job);
    }
  }
  return ordered;
}
