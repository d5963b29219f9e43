import { instant } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RaiseAlert } from '../index.ts';
import { START, type TestRisk, errorsOf, testRisk } from '../test-risk.ts';

let t: TestRisk;
beforeAll(async () => {
  t = await testRisk({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const raise = (alertId: string, over: Partial<RaiseAlert> = {}) =>
  t.risk.alerts.raise({ alertId, dedupKey: alertId, severity: 'medium', summary: `${alertId} happened`, ...over });

test('an alert that is raised is read back as it was, by itself, in lists and among the active ones', async () => {
  const { alerts } = t.risk;
  const alert = await raise('a1', { labels: { team: 'fx' } });
  expect(alert).toEqual({
    alertId: 'a1',
    dedupKey: 'a1',
    kind: 'manual',
    state: 'firing',
    severity: 'medium',
    summary: 'a1 happened',
    labels: { kind: 'manual', team: 'fx' },
    count: 1,
    openedAt: START,
    firedAt: START,
    escalated: 0,
    version: 1,
  });
  for (const fresh of [true, false]) {
    expect(await alerts.get('a1', { fresh })).toEqual(alert);
    expect(await alerts.listActive({ fresh })).toEqual([alert]);
  }
  expect((await alerts.list({ state: ['firing'], severity: 'medium' })).items).toEqual([alert]);
  expect(await alerts.find('nobody')).toBeUndefined();
});

test('the same alert again is the same; another one under an open key counts it up, and a rise is not swallowed', async () => {
  const { alerts } = t.risk;
  const first = await raise('b1', { dedupKey: 'b' });
  expect(await raise('b1', { dedupKey: 'b' })).toEqual(first);
  await alerts.acknowledge({ alertId: 'b1', by: 'ann' });
  expect(await raise('b2', { dedupKey: 'b', severity: 'low' })).toMatchObject({
    alertId: 'b1',
    count: 2,
    severity: 'medium',
    acknowledgedBy: 'ann',
  });
  expect(await raise('b2', { dedupKey: 'b', severity: 'low' })).toMatchObject({ alertId: 'b1', count: 2 });
  const worse = await raise('b3', { dedupKey: 'b', severity: 'critical' });
  expect(worse).toMatchObject({ alertId: 'b1', count: 3, severity: 'critical' });
  expect(worse).not.toHaveProperty('acknowledgedBy');
  const before = await t.everything();
  for (const error of await errorsOf([
    raise('b1', { dedupKey: 'b', severity: 'low' }),
    raise('b4', { policyId: 'none' }),
  ]))
    expect(error).toMatchObject({ code: expect.stringMatching(/^(id-conflict|unknown-policy)$/) });
  expect(await t.everything()).toBe(before);
});

test('it is closed once and for all: the next one under its key is another alert', async () => {
  const { alerts } = t.risk;
  await raise('c1', { dedupKey: 'c' });
  const closed = await alerts.resolve({ alertId: 'c1', by: 'ann', reason: 'fixed' });
  expect(closed).toMatchObject({ state: 'closed', closeReason: 'fixed' });
  expect(await alerts.resolve({ alertId: 'c1', by: 'ann', reason: 'fixed' })).toEqual(closed);
  for (const error of await errorsOf([
    alerts.acknowledge({ alertId: 'c1', by: 'bob' }),
    alerts.snooze({ alertId: 'c1', by: 'bob', until: '2027-01-01T00:00:00Z' }),
  ]))
    expect(error).toMatchObject({ kind: 'conflict', code: 'alert-closed' });
  expect(await raise('c2', { dedupKey: 'c' })).toMatchObject({ alertId: 'c2', state: 'firing', count: 1 });
  expect((await alerts.listActive()).map(({ alertId }) => alertId)).not.toContain('c1');
  await expect(
    t.stores.pg.query('test', 'write', {
      compile: () => ({
        sql: "update alerts set state = 'firing', closed_at = null, close_reason = null where id = 'c1'",
        parameters: [],
        query: {} as never,
        queryId: {} as never,
      }),
    }),
  ).rejects.toThrow();
});

test('answers that make no sense are refused with what was wrong', async () => {
  const { alerts } = t.risk;
  await raise('d1');
  expect(
    await errorsOf([
      alerts.acknowledge({ alertId: 'none', by: 'x' }),
      alerts.acknowledge({ alertId: 'd1', by: 'x', until: START }),
      alerts.snooze({ alertId: 'd1', by: 'x', until: START }),
      alerts.get('none'),
      alerts.listLog('none'),
      alerts.endSilence({ silenceId: 'none' }),
      alerts.endInhibition({ ruleId: 'none' }),
      alerts.getDetection('none'),
    ]),
  ).toMatchObject([
    { kind: 'not-found', code: 'unknown-alert' },
    { kind: 'invalid-input', code: 'already-past', issues: [{ path: 'until' }] },
    { kind: 'invalid-input', code: 'already-past', issues: [{ path: 'until' }] },
    { code: 'unknown-alert' },
    { code: 'unknown-alert' },
    { code: 'unknown-silence' },
    { code: 'unknown-rule' },
    { code: 'unknown-detection' },
  ]);
});

test('how fast alerts are answered and closed is told by day', async () => {
  const { alerts } = t.risk;
  await t.box.clock.set('2026-02-01T00:00:00Z');
  await raise('e1');
  await raise('e2');
  await t.box.clock.advance('PT1M');
  await alerts.acknowledge({ alertId: 'e1', by: 'ann' });
  await t.box.clock.advance('PT1M');
  await alerts.resolve({ alertId: 'e1', by: 'ann' });
  await alerts.resolve({ alertId: 'e2', by: 'ann' });
  expect(await alerts.responseMetrics({ from: '2026-02-01T00:00:00Z', until: '2026-02-02T00:00:00Z' })).toEqual([
    { day: '2026-02-01', closed: 2, acknowledged: 1, escalated: 0, secondsToAcknowledge: 60, secondsToClose: 120 },
  ]);
});

test('the first alert with the labels of a scenario is its detection, timed in business time and exported', async () => {
  const { alerts } = t.risk;
  const at = t.box.clock.now();
  const mark = { markId: 'm1', runId: 'run-1', labels: { symbol: 'BTC-USD' }, at };
  expect(await alerts.expectDetection(mark)).toEqual({ markId: 'm1', runId: 'run-1', beganAt: at });
  await t.box.clock.advance('PT9S');
  await raise('f0', { labels: { symbol: 'ETH-USD' } });
  await t.box.clock.advance('PT3S');
  await raise('f1', { labels: { symbol: 'BTC-USD' } });
  expect(await alerts.getDetection('m1')).toEqual({
    markId: 'm1',
    runId: 'run-1',
    beganAt: at,
    detectedAt: instant.plusMillis(at, 12_000),
    alertId: 'f1',
    seconds: 12,
  });
  expect(await alerts.expectDetection(mark)).toMatchObject({ alertId: 'f1' });
  const exported = await t.risk.metrics.metrics();
  expect(exported).toMatch(/scenario_risk_detection_sum\{[^}]*\} 12\b/);
  expect(exported).toMatch(/risk_alert_generated\{[^}]*severity="medium"[^}]*\} \d+/);
});

test('alerts are scored against what was really there, by detector, and the score is exported', async () => {
  const { alerts } = t.risk;
  await t.box.clock.advance('P1D');
  const from = t.box.clock.now();
  const truth = [{ causeId: 'depeg', from, labels: { symbol: 'USDT-USD' } }];
  await t.box.clock.advance('PT6S');
  await raise('s1', { labels: { symbol: 'USDT-USD', detector: 'peg' } });
  await t.box.clock.advance('PT20S');
  await raise('s2', { labels: { symbol: 'BTC-USD', detector: 'peg' } });
  await raise('s3', { labels: { symbol: 'USDT-USD', detector: 'spread' } });
  const until = t.box.clock.now();
  await t.box.clock.advance('PT1S');
  await raise('s4', { labels: { symbol: 'BTC-USD', detector: 'peg' } });

  const score = await alerts.score({ from, until, truth });
  expect(score).toMatchObject({
    overall: { truePositives: 1, falsePositives: 1, misses: 0, repeats: 1, precision: 0.5, recall: 1 },
    detectors: [
      { detector: 'peg', truePositives: 1, falsePositives: 1, late: 0, secondsToDetect: { mean: 6 } },
      { detector: 'spread', truePositives: 1, falsePositives: 0, late: 1, secondsToDetect: { mean: 26 } },
    ],
    falseAlarms: [{ alertId: 's2', detector: 'peg' }],
  });
  const exported = await t.risk.metrics.metrics();
  expect(exported).toMatch(/risk_alert_accuracy\{[^}]*detector="peg",measure="precision"\} 0\.5$/m);
  expect(exported).toMatch(/risk_alert_accuracy\{[^}]*detector="any",measure="recall"\} 1$/m);
  expect(exported).toMatch(/risk_alert_outcomes\{[^}]*detector="spread",outcome="late"\} 1$/m);

  const [peg] = (await alerts.score({ from, until, truth, detectors: ['peg'] })).detectors;
  expect(peg).toEqual(score.detectors[0]);
  await expect(alerts.score({ from, until, truth: [...truth, ...truth] })).rejects.toMatchObject({
    issues: [{ path: 'truth', message: 'expected each cause once' }],
  });
});

test('without Redis alerts work all the same, and without PostgreSQL the active ones are still told', async () => {
  const { alerts } = t.risk;
  await raise('g1');
  await alerts.listActive();
  const known = await alerts.listActive();
  {
    await using _ = t.box.redis.down();
    expect(await alerts.listActive()).toEqual(known);
    await raise('g2');
  }
  await alerts.resolve({ alertId: 'g2', by: 'ann' });
  await expect.poll(async () => (await alerts.listActive()).length).toBe(known.length);
  await using _ = t.box.postgres.down();
  await expect.poll(async () => (await alerts.listActive().catch(() => [])).length).toBe(known.length);
});
