import { type Chart, amountAxis, colour, lineLegend, lineOf, optionOf, thinned, timeAxis } from './chart.ts';
import type { PositionLine, ResultLine, RunPage } from './run-page.ts';
import { amountText } from './text.ts';

const named = ({ by, owner }: ResultLine): string => `${owner} (${by})`;

/** Profit and loss over time: trading's own curves drawn through, risk's dashed; one colour an owner. */
export function resultsChart(currency: string, lines: readonly ResultLine[]): Chart {
  const owners = [...new Set(lines.map(({ owner }) => owner))];
  const note = thinned(
    lines.map(({ points }) => points),
    'valuations',
  );
  return {
    id: `results-${currency}`,
    title: `Profit and loss, ${currency}`,
    summary: lines
      .map(
        (line) =>
          `${named(line)}: ${line.total === undefined ? 'not valued' : `${amountText(line.total)} ${currency}`}`,
      )
      .join('; '),
    option: optionOf({
      legend: lineLegend,
      xAxis: timeAxis(),
      yAxis: amountAxis(currency),
      series: lines.map((line) => ({
        ...lineOf(line.points.shown, line.by === 'risk' ? 'dashed' : 'solid'),
        name: named(line),
        itemStyle: { color: colour(owners.indexOf(line.owner)) },
      })),
    }),
    ...(note !== undefined && { note }),
  };
}

/** What each account held after each of its fills. */
export function positionsChart(symbol: string, lines: readonly PositionLine[], { to }: Pick<RunPage, 'to'>): Chart {
  const unit = symbol.split('-')[0] ?? '';
  const note = thinned(
    lines.map(({ points }) => points),
    'fills',
  );
  const last = ({ points }: Pick<PositionLine, 'points'>) => points.shown.at(-1)?.[1] ?? '0';
  return {
    id: `positions-${symbol}`,
    title: `Positions in ${symbol}`,
    summary: lines.map((line) => `${line.account}: ${amountText(last(line))} ${unit} at the end`).join('; '),
    option: optionOf({
      legend: lineLegend,
      xAxis: timeAxis(),
      yAxis: amountAxis(unit, { fromZero: true }),
      series: lines.map(({ account, points }, n) => ({
        // What is held after the last fill is held until the end.
        ...lineOf([...points.shown, [to, last({ points })]], n % 2 === 0 ? 'solid' : 'dashed'),
        name: account,
        step: 'end',
        itemStyle: { color: colour(n) },
      })),
    }),
    ...(note !== undefined && { note }),
  };
}
