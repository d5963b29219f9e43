import type { InjectedKind } from './injector.ts';
import type { Tally } from './until-known.ts';

/** The value below which that share of all lies. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

export const recoveriesOf = (injected: ReadonlyMap<string, InjectedKind>): number[] =>
  [...injected.values()].flatMap(({ recoveriesMs }) => recoveriesMs);

export const struckOf = (injected: ReadonlyMap<string, InjectedKind>): number =>
  [...injected.values()].reduce((sum, { times }) => sum + times, 0);

/** What happened, for people. */
export function reportOf(injected: ReadonlyMap<string, InjectedKind>, tally: Tally, seconds: number): string {
  const row = (cells: readonly (string | number)[]) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(26) : String(cell).padStart(9))).join('');
  const recovery = (values: readonly number[]) =>
    values.length === 0
      ? ['', '', '']
      : [percentile(values, 0.5), percentile(values, 0.95), Math.round(Math.max(...values))];
  const refused = Object.entries(tally.refused).map(([code, times]) => `${code} ${times}`);
  return [
    row(['fault', 'times', 'missed', 'p50 ms', 'p95 ms', 'max ms']),
    ...[...injected]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, { times, missed, recoveriesMs }]) => row([name, times, missed, ...recovery(recoveriesMs)])),
    row([
      'all',
      struckOf(injected),
      [...injected.values()].reduce((sum, { missed }) => sum + missed, 0),
      ...recovery(recoveriesOf(injected)),
    ]),
    '',
    row(['operations', tally.operations]),
    row(['acknowledged', tally.acknowledged]),
    `${row(['refused', Object.values(tally.refused).reduce((sum, times) => sum + times, 0)])}  ${refused.join(', ')}`,
    row(['unknown, then done', tally.unknownThenDone]),
    row(['unknown, then refused', tally.unknownThenRefused]),
    row(['unavailable, repeated', tally.unavailable]),
    row(['seconds', Math.round(seconds)]),
  ].join('\n');
}
