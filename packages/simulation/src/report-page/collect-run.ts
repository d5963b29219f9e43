import type { TestCoordinatorAdapter } from '@tse/test-coordinator';
import type { TestRun } from './run-page.ts';
import { take } from './sampled.ts';

const MOST = 100;

/** The test run as the coordinator keeps it: its faults, what probes saw, and how the schemas changed. */
export async function collectTestRun(
  { runs, scenarios, faults, validations, snapshots }: TestCoordinatorAdapter,
  runId: string,
): Promise<TestRun | undefined> {
  const run = await runs.find(runId, { fresh: true });
  if (run === undefined) return undefined;
  const [scenario, broken, probes, taken] = await Promise.all([
    scenarios.get(run.scenarioId),
    take(faults.list({ runId }), MOST),
    take(validations.list({ runId }), MOST),
    take(snapshots.list({ runId }), MOST),
  ]);
  const before = taken.items.find(({ phase }) => phase === 'before');
  const after = taken.items.findLast(({ phase }) => phase === 'after');
  const changes = before && after ? await snapshots.diff({ before: before.snapshotId, after: after.snapshotId }) : [];
  const { status, deviated, score, seed, startedAt, endedAt } = run;
  return {
    runId,
    scenarioName: scenario.name,
    status,
    deviated,
    seed,
    ...(score !== undefined && { score }),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    faults: broken.items.map(
      ({ faultId, target, kind, state, injectedAt, endedAt: ended, detectionMs, recoveryMs }) => ({
        faultId,
        target,
        kind,
        state,
        ...(injectedAt !== undefined && { injectedAt }),
        ...(ended !== undefined && { endedAt: ended }),
        ...(detectionMs !== undefined && { detectionMs }),
        ...(recoveryMs !== undefined && { recoveryMs }),
      }),
    ),
    probes: probes.items.map(({ path, probe, verdict, expected, actual, error }) => ({
      path,
      probe,
      verdict,
      ...(expected !== undefined && { expected }),
      ...(actual !== undefined && { actual }),
      ...(error !== undefined && { error }),
    })),
    changes: changes.map(({ schema, object, change, rowsBefore, rowsAfter }) => ({
      schema,
      object,
      change,
      ...(rowsBefore !== undefined && { rowsBefore }),
      ...(rowsAfter !== undefined && { rowsAfter }),
    })),
  };
}
