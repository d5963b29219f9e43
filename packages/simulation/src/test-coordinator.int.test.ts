import { createExchangeAdapter } from '@tse/exchange';
import { type TestCoordinatorAdapter, createTestCoordinatorAdapter } from '@tse/test-coordinator';
import { type Sandbox, sandbox } from '@tse/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followFaults } from './fault-targets.ts';
import type { ScenarioWorld } from './scenario-run.ts';
import { openTestCoordinator } from './test-coordinator.ts';

const SCENARIO = `
scenario: halt
name: The exchange halts its market
type: combined
lock: environment
hypothesis:
  - { probe: market-open, assertion: availability, target: exchange, measure: status, tolerance: { equals: open } }
steps:
  - { fault: halt, target: exchange, kind: service-restart, with: { symbol: BTC-USD }, for: PT10M }
  - parallel:
      - { probe: halted, assertion: availability, target: exchange, measure: status, tolerance: { equals: halted }, mode: on-chaos }
      - wait: PT1M
`;

type Box = Sandbox<{ exchange: typeof createExchangeAdapter; coordinator: typeof createTestCoordinatorAdapter }>;
let box: Box;
beforeAll(async () => {
  box = await sandbox({ exchange: createExchangeAdapter, coordinator: createTestCoordinatorAdapter });
  await box.fund('alice', { USD: '1', BTC: '1' });
  await box.coordinator.scenarios.publish({ text: SCENARIO, status: 'active' });
  const { markets } = box.exchange;
  const turn = (status: 'open' | 'halted') => markets.change({ symbol: 'BTC-USD', status, reason: 'chaos' });
  followFaults(box.exchange, 'exchange', { inject: () => turn('halted'), undo: () => turn('open') }, (input, options) =>
    box.coordinator.faults.confirm(input, options),
  );
});
afterAll(() => box[Symbol.asyncDispose]());

const status = async () => (await box.exchange.markets.get('BTC-USD', { fresh: true })).status;
const world = (): ScenarioWorld => ({
  clock: box.clock,
  pass: async (millis) => void (await box.clock.advance(`PT${millis / 1000}S`)),
  settle: () => Promise.resolve(),
  identities: () => Promise.resolve([{ name: 'books', ok: true, compared: 1 }]),
  look: ({ measure }) => (measure === 'status' ? status() : Promise.resolve(undefined)),
  snapshot: async () => ({
    watermarks: {},
    items: [{ schema: 'exchange', object: 'markets', rows: 4, sums: {}, checksum: await status() }],
  }),
});

test('a scenario locks, looks, breaks, looks, puts right, looks, and is reported', async () => {
  const { coordinator } = box;
  const { run, differences } = await openTestCoordinator(coordinator, world()).run({
    runId: 'whole',
    scenarioId: 'halt',
  });
  expect(run).toMatchObject({ status: 'completed', exitCode: 0, score: 100, deviated: true, durationMs: 60_000 });
  expect(await status()).toBe('open');
  expect(differences).toEqual([]);
  expect((await coordinator.validations.listHypotheses('whole')).map(({ phase, met }) => [phase, met])).toEqual([
    ['before', true],
    ['during', false],
    ['after', true],
  ]);
  expect((await coordinator.runs.listSteps('whole')).map(({ path, status: of }) => [path, of])).toEqual([
    ['1', 'passed'],
    ['2', 'passed'],
    ['2.1', 'passed'],
    ['2.2', 'passed'],
  ]);
  expect(await coordinator.reports.tree('whole')).toMatchObject([
    { name: 'halt', status: 'passed', children: [{ name: 'halt 2.1 halted', status: 'passed' }] },
  ]);
  expect((await box.events.all()).filter(({ run: of }) => of === 'whole').map(({ type }) => type)).toContain(
    'fault.changed',
  );
});

test('who is told to stop leaves nothing broken behind', async () => {
  const stop = new AbortController();
  const around = world();
  const coordinator = openTestCoordinator(box.coordinator, {
    ...around,
    pass: async () => stop.abort(new Error('Ctrl-C')),
  });
  await expect(coordinator.run({ runId: 'stopped', scenarioId: 'halt' }, stop.signal)).rejects.toThrow();
  expect(await status()).toBe('open');
  expect(await box.coordinator.runs.get('stopped')).toMatchObject({ status: 'aborted' });
  expect((await box.coordinator.faults.listActive()).items).toEqual([]);
});

test('of two runs with one lock one runs at a time', async () => {
  const coordinator = openTestCoordinator(box.coordinator, world());
  const outcomes = await Promise.all(['one', 'two'].map((runId) => coordinator.run({ runId, scenarioId: 'halt' })));
  const [first, second] = outcomes.map(({ run }) => run).toSorted((a, b) => a.fence! - b.fence!);
  expect(first!.endedAt! <= second!.startedAt!).toBe(true);
  expect(outcomes.map(({ run }) => run.status)).toEqual(['completed', 'completed']);
});

/** The adapter of a coordinator that dies at its n-th call: nothing it does after that arrives. */
function mortal(adapter: TestCoordinatorAdapter, dies: { at: number }): TestCoordinatorAdapter {
  let calls = 0;
  const port = <Port extends object>(of: Port): Port =>
    new Proxy(of, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          calls += 1;
          if (calls >= dies.at) throw new Error('killed');
          return (member as (...given: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  const { scenarios, runs, locks, faults, validations, invariants, snapshots, reports } = adapter;
  const ports = { scenarios, runs, locks, faults, validations, invariants, snapshots, reports };
  return {
    ...adapter,
    ...(Object.fromEntries(Object.entries(ports).map(([name, of]) => [name, port(of)])) as typeof ports),
  };
}

test(
  'killed at every step: the fault is undone, the lock passes on, the dead one is refused',
  { timeout: 180_000 },
  async () => {
    const { coordinator } = box;
    for (let at = 1; ; at += 1) {
      const runId = `killed-${at}`;
      const outcome = await openTestCoordinator(mortal(coordinator, { at }), world())
        .run({ runId, scenarioId: 'halt' })
        .catch((error: Error) => error);
      if (!(outcome instanceof Error)) break; // it lived to its end
      const run = await coordinator.runs.find(runId);
      if (run?.status === 'running' || run?.status === 'interrupted') {
        await expect
          .poll(async () => (await coordinator.runs.get(runId)).status, { message: runId })
          .toBe('interrupted');
        await expect(coordinator.runs.startStep({ runId, fence: run.fence!, path: '1' })).rejects.toMatchObject({
          code: 'run-interrupted',
        });
        expect(await openTestCoordinator(coordinator, world()).recover()).toEqual([runId]);
        await expect(coordinator.runs.startStep({ runId, fence: run.fence!, path: '1' })).rejects.toMatchObject({
          code: 'stale-fence',
        });
      }
      await expect.poll(status, { message: `after call ${at}` }).toBe('open');
      expect((await coordinator.faults.listActive()).items).toEqual([]);
      expect((await coordinator.locks.find('environment'))?.held ?? false).toBe(false);
    }
    expect((await coordinator.runs.list({ status: ['running', 'interrupted'] })).items).toEqual([]);
  },
);
