import { type Decimal, decimal } from '@tse/core';
import { aroundManipulation } from './around.ts';
import { type Chart, amountAxis, colour, lineLegend, lineOf, optionOf, plainAxis, thinned, timeAxis } from './chart.ts';
import { html } from './html.ts';
import type { Causes, Depth, ManipulationSpan, PriceLine, RunPage } from './run-page.ts';
import { table } from './table.ts';
import { amountText, countText, plural, spanText, timeText, titleText } from './text.ts';

const quoteOf = (symbol: string): string => symbol.split('-')[1] ?? '';
const baseOf = (symbol: string): string => symbol.split('-')[0] ?? '';

/** The price of one symbol, as each source told it, with what was done to it shaded. */
export function priceChart(run: RunPage, symbol: string, lines: readonly PriceLine[]): Chart {
  const manipulated = run.manipulations.filter((span) => span.symbol === symbol);
  const areas = manipulated.flatMap((span) =>
    span.active.map(({ from, to = run.to }) => [{ xAxis: from, name: titleText(span.kind) }, { xAxis: to }]),
  );
  const around = aroundManipulation(run.manipulations, symbol, run);
  const { detection } = run;
  const isSeen = detection !== undefined && manipulated.length > 0;
  const after =
    detection?.seconds === undefined ? 'no alert' : `first alert after ${spanText(detection.seconds * 1000)}`;
  const marks = isSeen ? [{ xAxis: detection.changedAt, name: `cause; ${after}` }] : [];
  const series = lines.map(({ source, points }, n) => ({
    ...lineOf(points.shown, n > 0 ? 'dashed' : 'solid'),
    name: source,
    itemStyle: { color: colour(n) },
    ...(n === 0 && {
      markArea: {
        silent: true,
        itemStyle: { color: '--shade' },
        label: { color: '--text', position: 'insideTop', fontSize: 11 },
        data: areas,
      },
      markLine: {
        silent: true,
        symbol: 'none',
        lineStyle: { color: '--bad', type: 'dotted' },
        label: { color: '--bad', formatter: '{b}', fontSize: 11, align: 'left' },
        data: marks,
      },
    }),
  }));
  const values = lines.flatMap(({ points }) => points.shown.map(([, value]) => value));
  const note = thinned(
    lines.map(({ points }) => points),
    'prices',
  );
  const notes = [
    ...(around ? ['Shown is the time around the manipulation; the slider widens it to the whole run.'] : []),
    ...(note === undefined ? [] : [note]),
  ];
  return {
    id: `price-${symbol}`,
    title: `Price of ${symbol}`,
    summary: `${rangeText(values, quoteOf(symbol))} ${manipulatedText(manipulated)}`,
    option: optionOf({
      legend: lines.length === 1 ? { show: false } : lineLegend,
      grid: { left: 8, right: 20, top: lines.length === 1 ? 44 : 60, bottom: 78, containLabel: true },
      xAxis: timeAxis(),
      // What the mark says stands between the unit and the plot.
      yAxis: { ...amountAxis(quoteOf(symbol)), nameGap: isSeen ? 24 : 10 },
      dataZoom: [
        {
          type: 'slider',
          ...(around && { startValue: around.from, endValue: around.to }),
          height: 22,
          bottom: 8,
          brushSelect: false,
          borderColor: '--rule',
          fillerColor: '--filler',
          handleStyle: { color: '--panel', borderColor: '--muted' },
          moveHandleStyle: { color: '--rule' },
          dataBackground: { lineStyle: { color: '--faint' }, areaStyle: { color: '--grid' } },
          selectedDataBackground: { lineStyle: { color: '--c1' }, areaStyle: { color: '--grid' } },
          labelFormatter: 'fn:time',
          textStyle: { color: '--muted', fontSize: 10 },
        },
      ],
      series,
    }),
    ...(notes.length > 0 && { note: notes.join(' ') }),
  };
}

function rangeText(values: readonly Decimal[], unit: string): string {
  if (values.length === 0) return 'No price was told.';
  const ordered = values.toSorted((a, b) => decimal.compare(a, b));
  const [low, high] = [ordered[0]!, ordered.at(-1)!].map(amountText);
  return `From ${amountText(values[0]!)} to ${amountText(values.at(-1)!)} ${unit}; lowest ${low}, highest ${high}.`;
}

function manipulatedText(spans: readonly ManipulationSpan[]): string {
  const periods = spans.flatMap(({ kind, active }) =>
    active.map(({ from, to }) => `${titleText(kind)} from ${timeText(from)} to ${to ? timeText(to) : 'the end'}`),
  );
  return periods.length === 0 ? 'Nothing was done to it on purpose.' : `${periods.join('; ')}.`;
}

/** What truly moved a price, span by span, as market data keeps it for each move. */
export function causesChart({ symbol, scenarioRunId, totals, spans, moves, isAround }: Causes): Chart {
  const kinds = Object.keys(totals);
  const unit = quoteOf(symbol);
  return {
    id: `causes-${symbol}-${scenarioRunId}`,
    title: `What moved ${symbol}`,
    summary: `${plural(moves, 'move')} of scenario run ${scenarioRunId}. In all: ${kinds
      .map((kind) => `${kind} ${amountText(totals[kind]!)}`)
      .join(', ')} ${unit}.`,
    ...(isAround && { note: 'Shown is the time around the manipulation; the sums are of the whole run.' }),
    option: optionOf({
      aria: { enabled: true, decal: { show: true } },
      xAxis: timeAxis(),
      yAxis: amountAxis(`change, ${unit}`, { fromZero: true }),
      series: kinds.map((kind, n) => ({
        type: 'bar',
        name: kind,
        stack: 'causes',
        barMaxWidth: 18,
        itemStyle: { color: kind === 'manipulation' ? '--bad' : colour(n) },
        data: spans.flatMap(({ at, deltas }) => (deltas[kind] === undefined ? [] : [[at, deltas[kind]]])),
      })),
    }),
    figures: table(
      `What moved ${symbol}, by cause`,
      [{ title: 'Cause' }, { title: `Sum of its deltas, ${unit}`, kind: 'number' }],
      kinds.map((kind) => [kind, amountText(totals[kind]!)]),
    ),
  };
}

/** The book at the end: how much rests at each price or better. */
export function depthChart({ symbol, sequence, bids, asks }: Depth): Chart {
  const unit = baseOf(symbol);
  const cumulated = (levels: Depth['bids']) => {
    let sum = '0' as Decimal;
    return levels.map(({ price, quantity }) => [price, (sum = decimal.plus(sum, quantity))] as const);
  };
  const side = (name: string, data: readonly (readonly [Decimal, Decimal])[], n: number, step: 'start' | 'end') => ({
    ...lineOf(data, n === 1 ? 'dashed' : 'solid'),
    name,
    step,
    areaStyle: { opacity: 0.18 },
    itemStyle: { color: colour(n) },
  });
  const [bid, ask] = [bids[0], asks[0]];
  const spread = bid && ask ? ` Best bid ${amountText(bid.price)}, best ask ${amountText(ask.price)}.` : '';
  const rows = (name: string, levels: Depth['bids']) =>
    levels
      .slice(0, 10)
      .map(({ price, quantity, orders }) => [name, amountText(price), amountText(quantity), countText(orders)]);
  return {
    id: `depth-${symbol}`,
    title: `Depth of ${symbol}`,
    summary: `At the end, after change ${countText(sequence)}: ${plural(bids.length, 'bid level')}, ${plural(asks.length, 'ask level')}.${spread}`,
    option: optionOf({
      legend: lineLegend,
      xAxis: {
        ...plainAxis,
        type: 'value',
        scale: true,
        boundaryGap: ['4%', '4%'],
        name: `price, ${quoteOf(symbol)}`,
        nameLocation: 'middle',
        nameGap: 30,
        splitLine: { show: false },
        axisLabel: { ...plainAxis.axisLabel, formatter: 'fn:amount' },
      },
      yAxis: amountAxis(`${unit}, cumulated`, { fromZero: true }),
      series: [side('bids', cumulated(bids).toReversed(), 0, 'start'), side('asks', cumulated(asks), 1, 'end')],
    }),
    figures: table(
      `Best levels of ${symbol}`,
      [
        { title: 'Side' },
        { title: `Price, ${quoteOf(symbol)}`, kind: 'number' },
        { title: `Quantity, ${unit}`, kind: 'number' },
        { title: 'Orders', kind: 'number' },
      ],
      [...rows('ask', asks).toReversed(), ...rows('bid', bids)],
    ),
  };
}

/** The largest moves with all their causes. */
export const largestMoves = ({ symbol, largest }: Causes) =>
  table(
    `Largest moves of ${symbol}`,
    [
      { title: 'Business time, UTC' },
      { title: 'From', kind: 'number' },
      { title: 'To', kind: 'number' },
      { title: 'Because of' },
    ],
    largest.map(({ at, from, to, causes }) => [
      timeText(at),
      amountText(from),
      amountText(to),
      html`${causes.map(({ kind, causeId, delta }, i) => `${i > 0 ? ', ' : ''}${kind}${causeId === undefined ? '' : ` (${causeId})`} ${amountText(delta)}`)}`,
    ]),
  );
