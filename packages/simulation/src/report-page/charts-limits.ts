import type { Decimal, Instant } from '@tse/core';
import { type Chart, amountAxis, optionOf, thinned, timeAxis } from './chart.ts';
import type { BreachRow, LimitRow, RunPage } from './run-page.ts';
import { amountText, plural } from './text.ts';

/** Use of one limit against its thresholds, with its breaches shaded and what was told of them. */
export function limitChart(
  { limitId, metric, scope, soft, hard, checks }: LimitRow,
  breaches: readonly BreachRow[],
  { to }: Pick<RunPage, 'to'>,
): Chart {
  const allowed = checks.shown.filter(({ refused }) => !refused).map(({ at, observed }) => [at, observed]);
  const refused = checks.shown.filter((check) => check.refused).map(({ at, observed }) => [at, observed]);
  const observed = breaches
    .flatMap(({ steps }) => steps)
    .flatMap(({ at, observed: value }): [Instant, Decimal][] => (value === undefined ? [] : [[at, value]]));
  const thresholds = [
    ...(soft === undefined ? [] : [{ yAxis: soft, name: 'soft' }]),
    ...(hard === undefined ? [] : [{ yAxis: hard, name: 'hard' }]),
  ];
  const told = breaches.flatMap(({ steps }) =>
    steps.filter(({ what }) => what.endsWith(' told')).map(({ at }) => [at, '0']),
  );
  const measured = [...checks.shown.map(({ observed: value }) => value), ...observed.map(([, value]) => value)];
  // The thresholds are to be seen, however far away they are.
  const highest = Math.max(...[...measured, soft ?? 0, hard ?? 0].map(Number), 1e-9);
  const note = thinned([checks], 'checks');
  const points = (name: string, data: unknown, symbol: string, color: string) => ({
    type: 'scatter',
    name,
    data,
    symbol,
    symbolSize: 8,
    itemStyle: { color },
  });
  return {
    id: `limit-${limitId}`,
    title: `${limitId}: ${metric}, ${scope}`,
    summary: `${plural(allowed.length, 'check')} allowed, ${refused.length} refused by it; ${plural(breaches.length, 'breach', 'breaches')}${
      breaches.length === 0 ? '' : ` with a peak of ${breaches.map(({ peak }) => amountText(peak)).join(', ')}`
    }. Soft ${soft === undefined ? 'none' : amountText(soft)}, hard ${hard === undefined ? 'none' : amountText(hard)}.`,
    option: optionOf({
      xAxis: timeAxis(),
      yAxis: { ...amountAxis(metric), min: 0, max: Number((highest * 1.1).toPrecision(2)) },
      series: [
        {
          type: 'line',
          name: 'observed',
          step: 'end',
          data: observed,
          symbolSize: 7,
          lineStyle: { width: 2 },
          itemStyle: { color: '--c4' },
          markArea: {
            silent: true,
            itemStyle: { color: '--shade' },
            label: { color: '--text', position: 'insideTop', fontSize: 11 },
            data: breaches.map(({ openedAt, clearedAt = to }) => [
              { xAxis: openedAt, name: 'breach' },
              { xAxis: clearedAt },
            ]),
          },
          markLine: {
            silent: true,
            symbol: 'none',
            lineStyle: { color: '--bad', type: 'dashed' },
            label: { color: '--bad', formatter: '{b}', position: 'insideEndTop', fontSize: 11 },
            data: thresholds,
          },
        },
        points('asked and allowed', allowed, 'circle', '--c1'),
        points('asked and refused', refused, 'diamond', '--bad'),
        points('somebody told', told, 'triangle', '--c2'),
      ],
    }),
    ...(note !== undefined && { note }),
  };
}
