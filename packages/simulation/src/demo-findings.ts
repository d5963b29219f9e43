import type { Fault, Run, SnapshotDifference } from '@tse/test-coordinator';
import type { DemoAdapters } from './demo-adapters.ts';
import { labelsOf } from './ecosystem/detection.ts';
import type { Ecosystem } from './ecosystem/ecosystem.ts';
import { toolings } from './invariants.ts';
import { type Findings, type Invariant, invariantOf } from './report.ts';
import type { ScenarioName } from './scenarios.ts';

/** Invariant "dead letters": every event that somebody reads was handled, none was set aside. */
export async function checkDeadLetters(adapters: DemoAdapters['adapters']): Promise<Invariant> {
  let compared = 0;
  const problems: string[] = [];
  for (const [name, { inbox }] of Object.entries(adapters)) {
    compared += inbox.health().reduce((sum, { checkpoint }) => sum + checkpoint, 0);
    for await (const { consumer, source, publishSeq } of inbox.deadLetters.list())
      problems.push(`${name} ${consumer} of ${source} ${publishSeq}`);
  }
  return invariantOf('dead letters', compared, problems);
}

/** Invariant "copies": what Redis holds of what PostgreSQL decides is what PostgreSQL says. */
export async function checkCopies(adapters: DemoAdapters['adapters']): Promise<Invariant> {
  let compared = 0;
  const problems: string[] = [];
  for (const [name, adapter] of Object.entries(adapters))
    for (const [family, { checked, drifted }] of Object.entries(await adapter.verifyCopies())) {
      compared += checked;
      problems.push(...drifted.map(({ id, kind }) => `${name} ${family} ${id} is ${kind}`));
    }
  return invariantOf('copies', compared, problems);
}

/** How well the monitor's alerts tell what was really done: of the faults, each with what an alert of it is labelled with. */
export async function scoreAlerts(
  { alerts }: DemoAdapters['risk'],
  faults: readonly Fault[],
  { from, until }: { from: string; until: string },
): Promise<Record<string, number | string>> {
  const { overall } = await alerts.score({
    from,
    until,
    truth: faults.flatMap((fault) =>
      fault.injectedAt === undefined
        ? []
        : [
            {
              causeId: fault.faultId,
              from: fault.injectedAt,
              ...(fault.endedAt !== undefined && { until: fault.endedAt }),
              labels: labelsOf(fault),
            },
          ],
    ),
  });
  const told = (value: number | undefined) => (value === undefined ? 'none' : value.toPrecision(3));
  return { alertPrecision: told(overall.precision), alertRecall: told(overall.recall) };
}

/** Invariant "scenario": what its probes saw is what was expected. */
export async function checkProbes({ validations }: DemoAdapters['testCoordinator'], runId: string): Promise<Invariant> {
  const results = await Array.fromAsync(validations.list({ runId, limit: 1000 }));
  const failed = results.filter(({ verdict }) => verdict !== 'passed');
  return invariantOf(
    'scenario',
    results.length,
    failed.map(({ probe, error }) => `${probe}: ${error}`),
  );
}

export function scenarioOf(
  name: ScenarioName,
  seed: number,
  { status, score }: Run,
  faults: readonly Fault[],
  differences: readonly SnapshotDifference[],
): Findings['scenario'] {
  return {
    name,
    seed,
    status,
    ...(score !== undefined && { score }),
    ...Object.fromEntries(
      faults.map(({ kind, state, detectionMs }) => [
        kind,
        detectionMs === undefined ? state : `${state}, detected after ${detectionMs / 1000} s`,
      ]),
    ),
    changedViews: differences.length,
    addedRows: differences.reduce(
      (sum, { rowsBefore = 0, rowsAfter = 0 }) => sum + Math.max(0, rowsAfter - rowsBefore),
      0,
    ),
  };
}

export async function doneOf(
  { market, custody, desk }: Ecosystem,
  { custodian, audit }: DemoAdapters,
  accuracy: Record<string, number | string>,
) {
  const { position } = await audit.trail.head();
  const fails = await Array.fromAsync(custodian.settlements.listFails({ limit: 1000 }));
  const desksDone = await desk.done();
  const statuses = custody.transfers.map(({ status }) => status);
  return {
    'Market data': { trades: market.tally.trades, ticks: market.tally.ticks },
    Custody: {
      settlements: custody.tally.settlements,
      settledAtOnce: custody.tally.settledAtOnce,
      delayed: custody.tally.delayed,
      fails: fails.length,
      transfers: statuses.filter((status) => status === 'completed').length,
      waitingForApproval: statuses.filter((status) => status === 'pending-approval').length,
    },
    ...desksDone,
    Risk: { ...desksDone['Risk'], ...accuracy },
    Audit: { events: position, sources: Object.keys(toolings).length - 1 },
  };
}
