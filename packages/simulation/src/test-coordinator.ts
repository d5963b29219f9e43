import { withContext } from '@tse/core';
import type { Run, SnapshotDifference, TestCoordinatorAdapter } from '@tse/test-coordinator';
import { ScenarioRun, type ScenarioWorld } from './scenario-run.ts';

/** What became of a run. */
export interface ScenarioOutcome {
  readonly run: Run;
  /** What the run changed, schema by schema. */
  readonly differences: readonly SnapshotDifference[];
}

export interface ScenarioOrder {
  readonly runId: string;
  readonly scenarioId: string;
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  readonly seed?: string;
}

/** Runs scenarios: locks, looks, breaks, looks, puts right, looks, scores. */
export interface TestCoordinator {
  run(order: ScenarioOrder, signal?: AbortSignal): Promise<ScenarioOutcome>;
  /** Ends runs that a coordinator left behind when it died, once all that they injected is undone. Answers their ids. */
  recover(): Promise<string[]>;
}

export function openTestCoordinator(coordinator: TestCoordinatorAdapter, world: ScenarioWorld): TestCoordinator {
  const { scenarios, runs, locks, validations, snapshots, reports } = coordinator;

  async function run(order: ScenarioOrder, signal = new AbortController().signal): Promise<ScenarioOutcome> {
    const { runId, scenarioId, parameters = {}, seed = '1' } = order;
    const { version, spec, steps } = await scenarios.resolve({ scenarioId, parameters });
    await runs.request({ runId, scenarioId, scenarioVersion: version, parameters, seed, rollback: spec.rollback });
    await using lock = await locks.hold(spec.lock, { signal });
    const of = { runId, fence: lock.fence };
    return await withContext({ run: runId, fence: lock.fence, correlationId: runId }, async () => {
      await runs.start({ ...of, lockName: lock.name });
      const work = new ScenarioRun(coordinator, world, of, AbortSignal.any([signal, lock.signal]));
      const startedAt = world.clock.now();
      let failed: number;
      try {
        const before = await work.snapshot('before');
        await work.hypothesis('before', spec);
        await work.identities('before');
        failed = await work.carryOut(spec, steps);
        await work.hypothesis('during', spec);
        await work.undoAll('done');
        await world.settle();
        await work.hypothesis('after', spec);
        const broken = await work.identities('after');
        const after = await work.snapshot('after');
        const score = await validations.score(runId);
        const ended = await runs.end({
          ...of,
          ...(failed + broken === 0
            ? { status: 'completed' as const }
            : {
                status: 'failed' as const,
                exitCode: 1,
                error: `${failed} probes did not pass, ${broken} identities are broken`,
              }),
          ...(score !== undefined && { score }),
        });
        await report(of, ended, startedAt);
        return { run: ended, differences: await snapshots.diff({ before, after }) };
      } catch (error) {
        // Whoever is told to stop leaves nothing broken behind; who lost the lock is not asked any more.
        if (!lock.signal.aborted) {
          await work.undoAll(signal.aborted ? 'aborted' : 'failed').catch(() => {});
          await runs
            .end({
              ...of,
              status: signal.aborted ? 'aborted' : 'failed',
              error: (error as Error).message.slice(0, 2000),
            })
            .catch(() => {});
        }
        throw error;
      }
    });
  }

  /** One suite a run, one test a probe. */
  async function report(of: { runId: string; fence: number }, { scenarioId, status }: Run, startedAt: string) {
    const endedAt = world.clock.now();
    const probes = (await Array.fromAsync(validations.list({ runId: of.runId }))).map((result) => ({
      itemId: `${result.path}/${result.probe}`.slice(0, 64),
      parentId: 'scenario',
      type: 'test' as const,
      name: `${scenarioId} ${result.path} ${result.probe}`,
      status: result.verdict,
      ...(result.error !== undefined && { error: result.error }),
      startedAt: result.verifiedAt,
      endedAt: result.verifiedAt,
    }));
    const suite = { itemId: 'scenario', type: 'suite' as const, name: scenarioId, startedAt, endedAt };
    await reports.record({
      ...of,
      items: [{ ...suite, status: status === 'completed' ? 'passed' : 'failed' }, ...probes],
    });
  }

  async function recover(): Promise<string[]> {
    const recovered: string[] = [];
    for await (const { runId, lockName } of runs.list({ status: ['interrupted'] })) {
      await using lock = await locks.hold(lockName!);
      const of = { runId, fence: lock.fence };
      await runs.start({ ...of, lockName: lock.name });
      await new ScenarioRun(coordinator, world, of, lock.signal).undoAll('recovered');
      await runs.end({ ...of, status: 'aborted', error: 'its coordinator died' });
      recovered.push(runId);
    }
    return recovered;
  }

  return { run, recover };
}
