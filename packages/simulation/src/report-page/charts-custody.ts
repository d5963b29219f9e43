import { type Chart, amountAxis, optionOf, plainAxis } from './chart.ts';
import type { Settlements } from './run-page.ts';
import { table } from './table.ts';
import { countText, plural, titleText } from './text.ts';

const colourOf: Readonly<Record<string, string>> = {
  settled: '--c3',
  pending: '--c7',
  'partially-settled': '--c2',
  failing: '--bad',
  netted: '--c4',
  cancelled: '--c6',
};

/** Settlements by the day they were due, each day by how they stand. */
export function settlementsChart({ total, byStatus, days, cut }: Settlements): Chart {
  const statuses = Object.keys(byStatus);
  return {
    id: 'settlements',
    title: 'Settlements by due day',
    summary: `${plural(total, 'settlement')}: ${statuses.map((status) => `${countText(byStatus[status]!)} ${titleText(status).toLowerCase()}`).join(', ')}.`,
    ...(cut && { note: `There were more than the ${countText(total)} that were read.` }),
    option: optionOf({
      aria: { enabled: true, decal: { show: statuses.length > 1 } },
      tooltip: {
        trigger: 'axis',
        confine: true,
        axisPointer: { type: 'shadow' },
        backgroundColor: '--panel',
        borderColor: '--rule',
        textStyle: { color: '--text' },
      },
      xAxis: {
        ...plainAxis,
        type: 'category',
        name: 'due',
        nameLocation: 'middle',
        nameGap: 30,
        splitLine: { show: false },
        data: days.map(({ due }) => due),
      },
      yAxis: { ...amountAxis('settlements', { fromZero: true }), minInterval: 1 },
      series: statuses.map((status) => ({
        type: 'bar',
        name: titleText(status),
        stack: 'settlements',
        barMaxWidth: 26,
        itemStyle: { color: colourOf[status] ?? '--c5' },
        data: days.map(({ byStatus: counts }) => counts[status] ?? 0),
      })),
    }),
    figures: table(
      'Settlements by status',
      [{ title: 'Status' }, { title: 'Settlements', kind: 'number' }],
      statuses.map((status) => [titleText(status), countText(byStatus[status]!)]),
    ),
  };
}
