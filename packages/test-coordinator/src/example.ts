import { createTestCoordinatorAdapter } from '@tse/test-coordinator';

const SCENARIO = `
scenario: first-crash
name: A first crash
type: market-crash
steps:
  - { fault: crash, target: market-data, kind: price-crash, with: { symbol: BTC-USD, by: '-0.15' }, for: PT10M }
  - { probe: alert-raised, assertion: latency, target: risk, measure: seconds-to-alert, tolerance: { max: 15 } }
`;

/** A coordinator's part: it locks, plans, tells, looks and ends. Each target injects and undoes on the event `fault.changed`. */
export async function firstRun(coordinator = createTestCoordinatorAdapter()) {
  const { scenarios, locks, runs, faults, validations } = coordinator;
  const { scenarioId } = await scenarios.publish({ text: SCENARIO, status: 'active' });
  const { runId } = await runs.request({ runId: 'run-1', scenarioId, seed: '42' });

  // One run an environment: whoever held the lock before is refused from now on, in every table.
  await using lock = await locks.hold('environment');
  const of = { runId, fence: lock.fence };
  await runs.start({ ...of, lockName: lock.name });

  // In the ledger before anybody is told: whatever dies now, the fault is undone.
  const { faultId } = await faults.plan({
    ...of,
    faultId: 'fault-1',
    path: '1',
    target: 'market-data',
    kind: 'price-crash',
    params: { symbol: 'BTC-USD', by: '-0.15' },
    mustEndBy: '2030-01-01T00:00:00Z',
  });
  await faults.inject({ faultId, fence: lock.fence });
  await faults.confirm({ faultId, state: 'injected' }); // as the target's own events say

  await validations.record({
    ...of,
    results: [{ path: '2', probe: 'alert-raised', assertion: 'latency', verdict: 'passed', actual: '3.2' }],
  });
  const score = (await validations.score(runId))!;
  await faults.undo({ faultId, fence: lock.fence });
  await faults.confirm({ faultId, state: 'undone' });
  const run = await runs.end({ ...of, status: 'completed', score });
  return { run, fault: await faults.get(faultId) };
}
