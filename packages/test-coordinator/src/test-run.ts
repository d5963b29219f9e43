import { type AdapterContext, type Lease, openAdapter } from '@tse/core';
import { type Facts, openFacts } from '@tse/core/admin';
import { type Sandbox, type SandboxOptions, sandbox } from '@tse/testkit';
import {
  type Fault,
  type Run,
  type TestCoordinatorAdapter,
  createTestCoordinatorAdapter,
  definition,
} from './index.ts';

export interface TestCoordinator extends AsyncDisposable {
  readonly box: Sandbox<{ coordinator: typeof createTestCoordinatorAdapter }>;
  readonly coordinator: TestCoordinatorAdapter;
  /** A run of the scenario `sample`, started under a lease of its own. */
  started(runId: string): Promise<{ run: Run; lease: Lease; of: { runId: string; fence: number } }>;
  /** A fault of a run that has to be over in an hour. */
  planned(of: { runId: string; fence: number }, faultId: string): Promise<Fault>;
  /** The stores as the adapter's own role sees them, for what no port tells or does. */
  readonly stores: AdapterContext;
  facts(): Promise<Facts>;
}

export const SAMPLE = `
scenario: sample
name: A sample
type: combined
steps:
  - { probe: up, assertion: service-health, target: exchange, measure: healthy, tolerance: { equals: true } }
  - serial:
      - { fault: shift, target: market-data, kind: price-shift, with: { by: '-0.1' }, for: PT10M }
      - wait: PT1M
`;

/** The errors of calls that should all be refused. */
export async function errorsOf(calls: readonly PromiseLike<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) =>
    result.status === 'rejected' ? result.reason : `answered ${JSON.stringify(result.value)}`,
  );
}

/** A coordinator with the scenario `sample`. */
export async function testCoordinator(options: SandboxOptions = {}): Promise<TestCoordinator> {
  const box = await sandbox({ coordinator: createTestCoordinatorAdapter }, options);
  const { coordinator } = box;
  await coordinator.scenarios.publish({ text: SAMPLE, status: 'active' });
  const beside = openAdapter({ ...definition, options: { ...box.options('coordinator'), workers: false } });
  const besides = beside.mount();
  return {
    box,
    coordinator,
    async started(runId) {
      await coordinator.runs.request({ runId, scenarioId: 'sample' });
      const lease = await coordinator.locks.hold(`lock/${runId}`);
      const of = { runId, fence: lease.fence };
      return { run: await coordinator.runs.start({ ...of, lockName: lease.name }), lease, of };
    },
    planned: (of, faultId) =>
      coordinator.faults.plan({
        ...of,
        faultId,
        target: 'market-data',
        kind: 'price-shift',
        mustEndBy: new Date(Date.parse(box.clock.now()) + 3_600_000),
      }),
    stores: beside.context,
    facts: () => openFacts(definition, { instance: coordinator.identity.instance, admin: box.admin }),
    async [Symbol.asyncDispose]() {
      await besides.close();
      await box[Symbol.asyncDispose]();
    },
  };
}
