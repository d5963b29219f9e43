import { type Decimal, decimal, instant } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alertTransitions } from '../alerts/alert-states.ts';
import { type OpenAlert, type Terms, judge, severityOf } from './judge.ts';

const d = (text: string) => text as Decimal;
const at = (seconds: number) => instant.plusMillis(instant.of('2026-01-01T00:00:00Z'), seconds * 1000);
const terms: Terms = {
  warn: d('10'),
  soft: d('20'),
  hard: d('30'),
  recover: d('5'),
  forMs: 60_000,
  keepFiringMs: 30_000,
};

/** What becomes of the alert along observations, second by second. */
function follow(rules: Terms, steps: readonly (readonly [second: number, observed: string])[]): string[] {
  let alert: OpenAlert | undefined;
  return steps.map(([second, observed]) => {
    const judged = judge(rules, d(observed), alert, at(second));
    if (judged) {
      alert =
        judged.to === 'closed'
          ? undefined
          : {
              state: judged.to,
              severity: judged.severity,
              openedAt: alert?.openedAt ?? at(second),
              recoveringSince: judged.to === 'recovering' ? at(second) : undefined,
            };
    }
    return alert === undefined ? '-' : `${alert.state} ${alert.severity}`;
  });
}

test('it is as severe as the highest threshold that it is above', () => {
  expect(['10', '10.1', '20', '20.1', '30', '30.1'].map((observed) => severityOf(d(observed), terms))).toEqual([
    undefined,
    'medium',
    'medium',
    'high',
    'high',
    'critical',
  ]);
});

test('it fires when it lasted, changes with its severity, and is over when that lasted too', () => {
  expect(
    follow(terms, [
      [0, '11'],
      [30, '9'],
      [40, '11'],
      [99, '25'],
      [100, '25'],
      [110, '31'],
      [111, '15'],
      [120, '6'],
      [130, '5'],
      [140, '6'],
      [150, '5'],
      [179, '0'],
      [180, '0'],
    ]),
  ).toEqual([
    'pending medium',
    '-',
    'pending medium',
    'pending medium',
    'firing high',
    'firing critical',
    'firing medium',
    'firing medium',
    'recovering medium',
    'firing medium',
    'recovering medium',
    'recovering medium',
    '-',
  ]);
});

test('without durations it fires and is over at once', () => {
  const plain = { soft: d('1'), forMs: 0, keepFiringMs: 0 };
  expect(
    follow(plain, [
      [0, '2'],
      [1, '1'],
      [2, '1.5'],
    ]),
  ).toEqual(['firing high', '-', 'firing high']);
});

test('a clock that went back keeps nothing from firing or from ending', () => {
  const opened = { state: 'pending', severity: 'medium', openedAt: at(3600) } as const;
  expect(judge(terms, d('11'), opened, at(0))).toMatchObject({ to: 'firing' });
  const recovering = { state: 'recovering', severity: 'medium', openedAt: at(0), recoveringSince: at(3600) } as const;
  expect(judge(terms, d('1'), recovering, at(0))).toMatchObject({ to: 'closed' });
});

test('whatever is observed, only steps of the machine are made, and nothing fires below all thresholds', () => {
  const observed = fc.integer({ min: 0, max: 40 }).map((n) => decimal.of(String(n)));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), observed), { maxLength: 30 }), (steps) => {
      let second = 0;
      let before = '-';
      for (const [i, state] of follow(
        terms,
        steps.map(([more, value]) => [(second += more), value] as const),
      ).entries()) {
        const [from, to] = [before, state].map((text) => text.split(' ')[0]!);
        if (from !== '-' && from !== to)
          expect(alertTransitions[from as 'pending']).toContain(to === '-' ? 'closed' : to);
        if (from === '-' && to !== '-') expect(Number(steps[i]![1])).toBeGreaterThan(10);
        before = state;
      }
    }),
  );
});
