import { manualClock } from '@tse/testkit';
import { expect, test, vi } from 'vitest';
import { type DemoAdapters, openDemoAdapters } from './demo-adapters.ts';
import { runDemo } from './demo-run.ts';
import { planOf } from './ecosystem/plan.ts';
import type { Findings } from './report.ts';
import type { ScenarioName } from './scenarios.ts';
import { givenServers, prints, source } from './two-days.fixture.ts';

vi.setConfig({ testTimeout: 300_000 }); // each is a run of all seven services

/** A run of its own, on instances of the same name each time; `look` sees the adapters before they are gone. */
async function run(
  scenario: ScenarioName,
  { seed = 1, lasts, look }: { seed?: number; lasts?: string; look?: (demo: DemoAdapters) => Promise<void> } = {},
): Promise<Omit<Findings, 'servers'> & { events: string[] }> {
  const clock = manualClock(prints[0]!.at);
  const instance = `test-${scenario}`.slice(0, 30);
  await using demo = await openDemoAdapters(givenServers(), clock, { seed, instance });
  const found = await runDemo(await planOf(source), demo, {
    clock,
    signal: new AbortController().signal,
    scenario,
    ...(lasts !== undefined && { parameters: { lasts } }),
    seed,
    quiet: true,
    say: () => {},
  });
  await look?.(demo);
  const events: string[] = [];
  await demo.audit.roots.compute({}, { onEvent: (event) => void events.push(JSON.stringify(event)) });
  return { ...found, events };
}

const brokenOf = ({ invariants }: Pick<Findings, 'invariants'>) => invariants.filter(({ ok }) => !ok);

test('depeg: noticed within the service level, a panicking strategy is stopped, deliveries come late, all is undone; the same seed is the same run', async () => {
  const first = await run('depeg', {
    lasts: 'PT2H',
    async look({ marketData, risk, testCoordinator, audit }) {
      const moves = await Array.fromAsync(
        marketData.scenarioRuns.listMoves({ scenarioRunId: 'peg/USDT-USD/1', limit: 1000 }),
      );
      const manipulated = moves.flatMap(({ causes }) => causes.filter(({ kind }) => kind === 'manipulation'));
      expect(manipulated.map(({ causeId }) => causeId)).toContain('demo/1');
      const { items: alerts } = await risk.alerts.list();
      expect(alerts.map(({ labels, state }) => [labels['symbol'] ?? labels['scope'], state])).toContainEqual([
        'USDT-USD',
        'closed',
      ]);
      const [detection] = (await testCoordinator.faults.list({ runId: 'demo' })).items;
      expect(detection).toMatchObject({ kind: 'depeg', state: 'undone', detectionMs: 5000 });
      const during = await Array.fromAsync(testCoordinator.invariants.list({ runId: 'demo', limit: 1000 }));
      for (const phase of ['before', 'during', 'after'])
        expect(during.filter((found) => found.phase === phase && found.passed).length).toBeGreaterThan(10);
      expect((await audit.trail.list({ types: ['manipulation.changed'] })).items.length).toBeGreaterThanOrEqual(4);
    },
  });
  expect(brokenOf(first)).toEqual([]);
  expect(first.scenario).toMatchObject({ name: 'depeg', status: 'completed', score: 100 });
  expect(first.services['Risk']!['checksRefused']).toBeGreaterThan(0);
  expect(first.services['Custody']!['delayed']).toBeGreaterThan(0);

  const again = await run('depeg', { lasts: 'PT2H' });
  expect(again.events.find((event, i) => event !== first.events[i])).toBeUndefined();
  const same = ({ scenarioRoot, counts, holdings }: typeof first) => ({ scenarioRoot, counts, holdings });
  expect(same(again)).toEqual(same(first));
  expect(first.scenarioRoot).toMatch(/^[0-9a-f]{64}$/);
  expect((await run('depeg', { lasts: 'PT2H', seed: 2 })).scenarioRoot).not.toBe(first.scenarioRoot);
});

test.each([
  ['crash', 'PT1H', ['price-crash', 'undone, detected after 5 s']],
  ['price-divergence', 'PT30M', ['price-divergence', 'undone, detected after 5 s']],
] as const)('%s: noticed within the service level, and put right', async (scenario, lasts, [fault, became]) => {
  const found = await run(scenario, { lasts });
  expect(brokenOf(found)).toEqual([]);
  expect(found.scenario).toMatchObject({ status: 'completed', score: 100, [fault]: became });
  expect(found.invariants).toContainEqual({ name: 'detection', ok: true, compared: 1 });
});

test('strategy malfunction: its limits stop it, the breach is told until somebody answers, and closes', async () => {
  const found = await run('strategy-malfunction');
  expect(brokenOf(found)).toEqual([]);
  expect(found.scenario).toMatchObject({ status: 'completed', score: 100 });
  const { checksRefused, breaches, stillOpen, told } = found.services['Risk'] as Record<string, number>;
  expect(checksRefused).toBeGreaterThanOrEqual(3);
  expect(breaches).toBeGreaterThan(0);
  expect([stillOpen, told! > 0]).toEqual([0, true]);
  expect(found.services['Strategy: Runaway']).toMatchObject({ state: 'paused' });
});

test('custodian settlement failure: what was kept back fails, ages, and settles once', async () => {
  const found = await run('settlement-failure', {
    async look({ custodian, risk }) {
      expect((await custodian.settlements.listFails()).items).toEqual([]);
      const { items } = await risk.alerts.list({ kind: 'manual' });
      const fails = items.filter(({ labels }) => labels['kind'] === 'settlement');
      expect(fails.length).toBeGreaterThan(0);
      expect(fails.every(({ closeReason }) => closeReason === 'settled')).toBe(true);
    },
  });
  expect(brokenOf(found)).toEqual([]);
  expect(found.scenario).toMatchObject({ status: 'completed', score: 100 });
  expect(found.services['Custody']).toMatchObject({ fails: 0 });
});
