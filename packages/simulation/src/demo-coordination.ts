import { instant, withContext } from '@tse/core';
import { findFacts, snapshotFacts } from '@tse/core/admin';
import type { SnapshotDifference } from '@tse/test-coordinator';
import type { DemoAdapters } from './demo-adapters.ts';
import type { Running } from './demo-run.ts';
import { toolings } from './invariants.ts';
import type { Done, Invariant } from './report.ts';

const LOCK = 'environment';
const SCENARIO = `scenario: demo
name: Real trades again, with a delivery that is kept back
type: settlement-failure
description: One settlement of the next day is kept from settling, a strategy runs away. All books have to agree in the end.
servicesUnderTest: [market-data, exchange, custodian, risk, trading, audit]
lock: ${LOCK}
steps:
  - { fault: kept-delivery, target: custodian, kind: settlement-delay, for: P36500D }
  - { probe: books-agree, assertion: data-consistency, target: audit, measure: broken-identities, tolerance: { max: 0 } }
`;

/** The test run that the demo is: what it breaks stands in the ledger, what it finds in the report. */
export interface DemoRunOf extends AsyncDisposable {
  readonly runId: string;
  readonly fence: number;
  /** What the target did. */
  confirmFault(state: 'injected' | 'undone'): Promise<void>;
  /** Has the fault undone, by whoever it names. */
  undoFault(): Promise<void>;
  /** Keeps what was found, how the schemas changed, and the score; the run is over then. */
  end(invariants: readonly Invariant[]): Promise<void>;
  done(): Done;
}

export async function openDemoRun(
  demo: DemoAdapters,
  { clock, seed }: Pick<Running, 'clock' | 'seed'>,
): Promise<DemoRunOf> {
  await using opening = new AsyncDisposableStack();
  const { scenarios, runs, locks, faults, snapshots, invariants: found, validations, reports } = demo.testCoordinator;
  const { scenarioId } = await scenarios.publish({ text: SCENARIO, status: 'active' });
  const runId = 'demo';
  await runs.request({ runId, scenarioId, seed: String(seed) });
  const lock = opening.use(await locks.hold(LOCK));
  const of = { runId, fence: lock.fence };
  const inRun = <T>(work: () => Promise<T>): Promise<T> => withContext({ run: runId, fence: lock.fence }, work);
  const startedAt = clock.now();

  /** What the facts of every schema hold, each at a moment of its own. */
  const snapshot = (phase: 'before' | 'after') =>
    inRun(async () => {
      const taken = [];
      for (const { definition } of Object.values(toolings)) {
        await using facts = await findFacts(definition, demo.target);
        if (facts !== undefined) taken.push(await snapshotFacts(facts));
      }
      const items = taken.flatMap((schema) => schema.items.map((item) => ({ ...item, sums: { ...item.sums } })));
      const watermarks = Object.fromEntries(taken.map(({ watermark, items: [first] }) => [first!.schema, watermark]));
      return await snapshots.record({ ...of, snapshotId: `${runId}/${phase}`, phase, watermarks, items });
    });

  await inRun(() => runs.start({ ...of, lockName: lock.name }));
  await snapshot('before');
  const faultId = `${runId}/1`;
  await inRun(async () => {
    await runs.startStep({ ...of, path: '1' });
    const mustEndBy = instant.plusMillis(clock.now(), 36_500 * 86_400_000);
    await faults.plan({ ...of, faultId, path: '1', target: 'custodian', kind: 'settlement-delay', mustEndBy });
    await faults.inject({ faultId, fence: lock.fence });
  });

  let differences: SnapshotDifference[] = [];
  let score: number | undefined;
  const opened = opening.move();
  return {
    ...of,
    async confirmFault(state) {
      await inRun(() => faults.confirm({ faultId, state }));
      if (state === 'injected') await inRun(() => runs.endStep({ ...of, path: '1', attempt: 1, status: 'passed' }));
    },
    async undoFault() {
      await inRun(() => faults.undo({ faultId, fence: lock.fence, reason: 'done' }));
    },
    async end(invariants) {
      const broken = invariants.filter(({ ok }) => !ok).length;
      await inRun(async () => {
        for (const { name, ok, compared, problem } of invariants)
          await found.record({
            ...of,
            name: name.slice(0, 64),
            phase: 'after',
            passed: ok,
            compared,
            ...(!ok && { samples: [problem?.slice(0, 1000) ?? ''] }),
          });
        await validations.recordHypothesis({
          ...of,
          phase: 'after',
          ...(broken > 0 && { deviations: [`${broken} identities are broken`] }),
        });
        const verdict = broken === 0 ? 'passed' : 'failed';
        await runs.startStep({ ...of, path: '2' });
        await validations.record({
          ...of,
          results: [
            { path: '2', probe: 'books-agree', assertion: 'data-consistency', verdict, actual: String(broken) },
          ],
        });
        await runs.endStep({ ...of, path: '2', attempt: 1, status: verdict });
        await snapshot('after');
        score = await validations.score(runId);
        const endedAt = clock.now();
        const suite = {
          itemId: 'demo',
          type: 'suite' as const,
          name: 'demo',
          status: verdict,
          startedAt,
          endedAt,
        } as const;
        const tests = invariants.map(({ name, ok, problem }, i) => ({
          itemId: `identity/${i + 1}`,
          parentId: 'demo',
          type: 'test' as const,
          name,
          status: ok ? ('passed' as const) : ('failed' as const),
          ...(problem !== undefined && { error: problem.slice(0, 4000) }),
          startedAt: endedAt,
          endedAt,
        }));
        await reports.record({ ...of, items: [suite, ...tests] });
        await runs.end({
          ...of,
          ...(score !== undefined && { score }),
          ...(broken === 0 ? { status: 'completed' } : { status: 'failed', exitCode: 1 }),
        });
      });
      differences = await snapshots.diff({ before: `${runId}/before`, after: `${runId}/after` });
    },
    done: () => ({
      'Test run': {
        lockFence: lock.fence,
        ...(score !== undefined && { score }),
        changedViews: differences.length,
        addedRows: differences.reduce(
          (sum, { rowsBefore = 0, rowsAfter = 0 }) => sum + Math.max(0, rowsAfter - rowsBefore),
          0,
        ),
      },
    }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
