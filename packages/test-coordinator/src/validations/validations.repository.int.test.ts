import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCoordinator, errorsOf, testCoordinator } from '../test-run.ts';
import { resilienceScore } from './resilience-score.ts';
import { deviationFrom } from './tolerances.ts';

let t: TestCoordinator;
beforeAll(async () => {
  t = await testCoordinator({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const probe = { path: '1', probe: 'up', assertion: 'service-health', verdict: 'passed' } as const;

test('results are read back with what was expected and seen, and by the correlation that leads to the trail', async () => {
  const { validations } = t.coordinator;
  const { of } = await t.started('results');
  const failed = {
    path: '2.1',
    probe: 'fast',
    assertion: 'latency',
    verdict: 'failed',
    expected: 'at most 15',
    actual: '21.5',
    error: 'too slow',
    weight: 3,
    attempts: 2,
    latencyMs: 12.5,
    correlationId: 'flow-9',
    mode: 'on-chaos',
    iteration: 4,
  } as const;
  const written = await validations.record({ ...of, results: [probe, failed] });
  expect(written[1]).toEqual({ runId: 'results', ...failed, verifiedAt: t.box.clock.now() });
  expect(await validations.record({ ...of, results: [probe, failed] })).toEqual(written);
  expect((await validations.list({ runId: 'results' })).items).toEqual(written);
  expect((await validations.list({ runId: 'results', verdict: ['failed'] })).items).toEqual([written[1]]);
  expect(await validations.listOfCorrelation('flow-9')).toEqual([written[1]]);
  expect(
    await errorsOf([
      validations.record({
        ...of,
        results: [
          { ...probe, path: '3' },
          { ...probe, verdict: 'failed' },
        ],
      }),
      validations.record({ ...of, results: [probe, probe] }),
      validations.record({ ...of, results: [{ ...probe, verdict: 'error' }] }),
    ]),
  ).toMatchObject([
    { code: 'id-conflict', details: { path: '1', probe: 'up' } },
    { kind: 'invalid-input', issues: [{ path: 'results' }] },
    { kind: 'invalid-input', issues: [{ path: 'results.0.error' }] },
  ]);
  expect((await validations.list({ runId: 'results' })).items).toHaveLength(2);
});

test('a probe that is used in two places, or looks more than once, has a result for each', async () => {
  const { validations } = t.coordinator;
  const { of } = await t.started('identity');
  const looks = [1, 2, 3].flatMap((iteration) =>
    ['1', '2.1'].map((path) => ({ ...probe, path, iteration, mode: 'continuous' as const })),
  );
  await validations.record({ ...of, results: looks });
  const pages: number[] = [];
  const all = [];
  for (let cursor: string | undefined; ;) {
    const { items, next } = await validations.list({
      runId: 'identity',
      limit: 4,
      ...(cursor !== undefined && { cursor }),
    });
    pages.push(items.length);
    all.push(...items);
    if (next === undefined) break;
    cursor = next;
  }
  expect(pages).toEqual([4, 2]);
  expect(new Set(all.map(({ path, iteration }) => `${path} ${iteration}`)).size).toBe(6);
});

test('how many came to which verdict: of a run, and of a type over all runs', async () => {
  const { validations } = t.coordinator;
  const { of } = await t.started('counted');
  expect(await validations.counts('counted')).toEqual({ total: 0, passed: 0, failed: 0, skipped: 0, error: 0 });
  const verdicts = ['passed', 'passed', 'passed', 'failed', 'skipped'] as const;
  await validations.record({
    ...of,
    results: verdicts.map((verdict, i) => ({ ...probe, assertion: 'throughput', verdict, iteration: i + 1 })),
  });
  const counts = { total: 5, passed: 3, failed: 1, skipped: 1, error: 0, passRate: 0.75 };
  expect(await validations.counts('counted')).toEqual(counts);
  expect(await validations.statistics('throughput')).toEqual(counts);
});

test('a steady state that does not hold marks its run, once', async () => {
  const { validations, runs } = t.coordinator;
  const { of } = await t.started('deviates');
  await validations.recordHypothesis({ ...of, phase: 'before' });
  expect(await runs.get('deviates')).toMatchObject({ deviated: false });
  const during = { ...of, phase: 'during' as const, deviations: ['price is 8 % away'] };
  expect(await validations.recordHypothesis(during)).toMatchObject({ met: false, deviations: during.deviations });
  await validations.recordHypothesis(during);
  await validations.recordHypothesis({ ...of, phase: 'after', deviations: ['still away'] });
  expect(await runs.get('deviates')).toMatchObject({ deviated: true, status: 'running' });
  expect((await runs.listEvents('deviates')).filter(({ reason }) => reason === 'deviated')).toHaveLength(1);
  expect((await validations.listHypotheses('deviates')).map(({ phase, met }) => [phase, met])).toEqual([
    ['before', true],
    ['during', false],
    ['after', false],
  ]);
  await expect(validations.recordHypothesis({ ...during, deviations: [] })).rejects.toMatchObject({
    code: 'id-conflict',
  });
});

test('the score weighs probes, not looks, and stays between 0 and 100', async () => {
  const { validations } = t.coordinator;
  const { of } = await t.started('scored');
  expect(await validations.score('scored')).toBeUndefined();
  await validations.record({
    ...of,
    results: [
      ...[1, 2, 3, 4].map((iteration) => ({
        ...probe,
        iteration,
        weight: 1,
        verdict: iteration > 2 ? ('failed' as const) : ('passed' as const),
      })),
      { ...probe, path: '2', weight: 3 },
      { ...probe, path: '2.1', weight: 100, verdict: 'skipped' },
    ],
  });
  expect(await validations.score('scored')).toBe(87.5); // (1 × 1/2 + 3 × 1) / 4
  const result = fc.record({
    path: fc.constantFrom('1', '2', '3'),
    probe: fc.constantFrom('a', 'b'),
    verdict: fc.constantFrom('passed', 'failed', 'skipped', 'error'),
    weight: fc.double({ min: 0, max: 1000, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(result), (results) => {
      const score = resilienceScore(results);
      return score === undefined || (score >= 0 && score <= 100);
    }),
  );
});

test.each([
  [{ equals: '1.50' }, '1.5', undefined],
  [{ equals: true }, true, undefined],
  [{ equals: 'up' }, 'down', 'expected up, saw down'],
  [{ min: 1 }, '0.999999999999999999', 'expected at least 1, saw 0.999999999999999999'],
  [{ max: '15' }, 15, undefined],
  [{ max: 15 }, 'soon', 'expected a number, saw soon'],
  [{ matches: '^v[0-9]+$' }, 'v12', undefined],
  [{ matches: '^v' }, 'x', 'expected a match of ^v, saw x'],
  [{ min: 1 }, undefined, 'nothing was seen'],
])('%j of %j: %s', (tolerance, seen, deviation) => {
  expect(deviationFrom(tolerance, seen)).toBe(deviation);
});
