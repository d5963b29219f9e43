import { instant } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FiredAlert, type TruthInterval, scoreAlertsAgainst } from './alert-accuracy.ts';

const at = (second: number) => instant.of(new Date(Date.UTC(2026, 0, 1) + second * 1000));
const cause = (causeId: string, from: number, until?: number, over: Partial<TruthInterval> = {}): TruthInterval => ({
  causeId,
  from: at(from),
  ...(until !== undefined && { until: at(until) }),
  labels: {},
  ...over,
});
const alert = (alertId: string, second: number, detector = 'peg', labels = {}): FiredAlert => ({
  alertId,
  detector,
  labels,
  firedAt: at(second),
});
const terms = { graceMs: 15_000, serviceLevelMs: 15_000 };
const score = (truth: readonly TruthInterval[], alerts: readonly FiredAlert[]) =>
  scoreAlertsAgainst(truth, alerts, terms);

test('one noticed, one repeated, one missed, one false alarm: by detector, and over all', () => {
  const truth = [cause('depeg', 100, 200), cause('crash', 400, 500)];
  const alerts = [alert('a', 109), alert('b', 150), alert('c', 300), alert('d', 420, 'drawdown')];
  expect(score(truth, alerts)).toEqual({
    overall: {
      detector: 'any',
      truePositives: 2,
      falsePositives: 1,
      misses: 0,
      repeats: 1,
      late: 1,
      precision: 2 / 3,
      recall: 1,
      f1: 0.8,
      secondsToDetect: { mean: 14.5, max: 20 },
    },
    detectors: [
      {
        detector: 'drawdown',
        truePositives: 1,
        falsePositives: 0,
        misses: 1,
        repeats: 0,
        late: 1,
        precision: 1,
        recall: 0.5,
        f1: 2 / 3,
        secondsToDetect: { mean: 20, max: 20 },
      },
      {
        detector: 'peg',
        truePositives: 1,
        falsePositives: 1,
        misses: 1,
        repeats: 1,
        late: 0,
        precision: 0.5,
        recall: 0.5,
        f1: 0.5,
        secondsToDetect: { mean: 9, max: 9 },
      },
    ],
    detections: [
      { causeId: 'crash', detector: 'drawdown', alertId: 'd', seconds: 20 },
      { causeId: 'depeg', detector: 'peg', alertId: 'a', seconds: 9 },
    ],
    misses: [
      { causeId: 'depeg', detector: 'drawdown' },
      { causeId: 'crash', detector: 'peg' },
    ],
    falseAlarms: [{ alertId: 'c', detector: 'peg' }],
  });
});

test.each([
  ['before it begins', 99.999, false],
  ['as it begins', 100, true],
  ['as it ends', 200, true],
  ['as its grace ends', 215, true],
  ['after its grace', 215.001, false],
])('an alert %s', (_when, second, belongs) => {
  expect(score([cause('depeg', 100, 200)], [alert('a', second)]).overall.truePositives).toBe(belongs ? 1 : 0);
});

test('what lasts is noticed at any time', () => {
  expect(score([cause('depeg', 100)], [alert('a', 9_000)]).detections).toEqual([
    { causeId: 'depeg', detector: 'peg', alertId: 'a', seconds: 8_900 },
  ]);
});

test('of several an alert belongs to the one that began last, and of those that began together to the first by id', () => {
  const truth = [cause('old', 100, 500), cause('b', 200, 500), cause('a', 200, 500)];
  expect(score(truth, [alert('x', 300)])).toMatchObject({
    detections: [{ causeId: 'a' }],
    misses: [{ causeId: 'old' }, { causeId: 'b' }],
  });
});

test('labels tell apart what goes on at one time', () => {
  const truth = [
    cause('tether', 100, 500, { labels: { subject: 'USDT-USD' } }),
    cause('bitcoin', 110, 500, { labels: { subject: 'BTC-USD', kind: 'breach' } }),
  ];
  const alerts = [
    alert('a', 120, 'price', { subject: 'USDT-USD', kind: 'breach' }),
    alert('b', 130, 'price', { subject: 'BTC-USD', kind: 'no-data' }),
  ];
  expect(score(truth, alerts)).toMatchObject({
    detections: [{ causeId: 'tether', alertId: 'a', seconds: 20 }],
    misses: [{ causeId: 'bitcoin' }],
    falseAlarms: [{ alertId: 'b' }],
  });
});

test('only who should have noticed it has missed it, and who noticed it unasked was right', () => {
  const truth = [
    cause('depeg', 100, 200, { detectors: ['peg'] }),
    cause('outage', 300, 400, { detectors: ['no-data'] }),
  ];
  const { detectors, overall } = score(truth, [alert('a', 110, 'drawdown')]);
  expect(detectors.map(({ detector, truePositives, misses }) => [detector, truePositives, misses])).toEqual([
    ['drawdown', 1, 0],
    ['no-data', 0, 1],
    ['peg', 0, 1],
  ]);
  expect(overall).toMatchObject({ truePositives: 1, misses: 1, recall: 0.5 });
});

test('what cannot be computed is absent', () => {
  expect(score([], []).overall).toEqual({
    detector: 'any',
    truePositives: 0,
    falsePositives: 0,
    misses: 0,
    repeats: 0,
    late: 0,
  });
  expect(score([cause('depeg', 1, 2)], []).overall).toMatchObject({ recall: 0, misses: 1 });
  expect(score([cause('depeg', 1, 2)], []).overall).not.toHaveProperty('precision');
  expect(score([], [alert('a', 1)]).overall).toMatchObject({ precision: 0, falsePositives: 1 });
  expect(score([cause('depeg', 100, 101)], [alert('a', 1)]).overall).toMatchObject({ precision: 0, recall: 0, f1: 0 });
});

const seconds = fc.integer({ min: 0, max: 60 });
const truths = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), seconds, seconds), {
    selector: ([id]) => id,
    maxLength: 6,
  })
  .map((all) => all.map(([id, from, length]) => cause(id, from, from + length)));
const fired = fc
  .array(fc.tuple(seconds, fc.constantFrom('peg', 'drawdown')), { maxLength: 12 })
  .map((all) => all.map(([second, detector], i) => alert(`alert-${i}`, second, detector)));

test('every alert counts once, every interval once a detector, and the order of what is given does not matter', () => {
  fc.assert(
    fc.property(truths, fired, (truth, alerts) => {
      const found = score(truth, alerts);
      for (const each of [found.overall, ...found.detectors]) {
        const raised = alerts.filter(({ detector }) => each.detector === 'any' || detector === each.detector).length;
        expect(each.truePositives + each.falsePositives + each.repeats).toBe(raised);
        expect(each.truePositives + each.misses).toBe(truth.length);
      }
      expect(score(truth.toReversed(), alerts.toReversed())).toMatchObject({
        overall: found.overall,
        detectors: found.detectors,
        falseAlarms: found.falseAlarms,
      });
    }),
  );
});
