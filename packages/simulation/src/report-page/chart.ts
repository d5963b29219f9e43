import type { Html } from './html.ts';
import type { Sampled } from './run-page.ts';
import { countText } from './text.ts';

/**
 * One chart: what it is called, what it says to those who do not see it, and the library's options as plain data. A string that begins with
 * `--` is the page's colour of that name, in whichever scheme it is looked at; one with `fn:` a formatter of `charts.js`.
 */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** In a sentence or two what is to be seen. */
  readonly summary: string;
  readonly option: object;
  /** What it leaves out. */
  readonly note?: string;
  /** The same as a table. */
  readonly figures?: Html;
}

/** Told apart by lightness too, so that those who see fewer colours see all lines. */
const colours = ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6', '--c7'] as const;
export const colour = (n: number): string => colours[n % colours.length]!;

/** What all charts have in common. */
const common = {
  animation: false,
  useUTC: true,
  textStyle: { fontFamily: '--font', fontSize: 12, color: '--text' },
  grid: { left: 8, right: 20, top: 44, bottom: 34, containLabel: true },
  legend: {
    type: 'scroll',
    top: 0,
    left: 0,
    itemWidth: 26,
    textStyle: { color: '--text' },
    inactiveColor: '--faint',
    pageTextStyle: { color: '--muted' },
    pageIconColor: '--text',
    pageIconInactiveColor: '--faint',
  },
  tooltip: {
    trigger: 'axis',
    confine: true,
    backgroundColor: '--panel',
    borderColor: '--rule',
    textStyle: { color: '--text', fontSize: 12 },
    valueFormatter: 'fn:amount',
    axisPointer: { lineStyle: { color: '--muted' }, crossStyle: { color: '--muted' } },
  },
} as const;

const axis = {
  nameTextStyle: { color: '--muted' },
  axisLine: { lineStyle: { color: '--rule' } },
  axisTick: { lineStyle: { color: '--rule' } },
  axisLabel: { color: '--muted', hideOverlap: true },
  splitLine: { lineStyle: { color: '--grid' } },
} as const;

/** Lines as they are drawn, solid or dashed, without the points that they are not drawn with. */
export const lineLegend = { ...common.legend, itemWidth: 30, itemStyle: { opacity: 0 } } as const;

/** Each says enough by itself: there is no telling which of its neighbours has room. */
const timeLabels = {
  year: '{yyyy}',
  month: '{MMM} {yyyy}',
  day: '{d} {MMM}',
  hour: '{d} {MMM} {HH}:{mm}',
  minute: '{HH}:{mm}',
  second: '{HH}:{mm}:{ss}',
  millisecond: '{HH}:{mm}:{ss}.{SSS}',
};

export const timeAxis = (name = 'business time, UTC') =>
  ({
    ...axis,
    type: 'time',
    name,
    nameLocation: 'middle',
    nameGap: 30,
    splitLine: { show: false },
    axisPointer: { label: { formatter: 'fn:time' } },
    axisLabel: { ...axis.axisLabel, formatter: timeLabels },
  }) as const;

/** Of amounts. It need not begin at zero, where a line is read for its moves. */
export const amountAxis = (name: string, { fromZero = false } = {}) =>
  ({
    ...axis,
    type: 'value',
    name,
    nameLocation: 'end',
    nameGap: 10,
    nameTextStyle: { color: '--muted', align: 'left' },
    scale: !fromZero,
    axisLabel: { ...axis.axisLabel, formatter: 'fn:compact' },
  }) as const;

export const plainAxis = axis;

/** Points are drawn by themselves only where a line through them could not be seen. */
export const lineOf = (points: readonly unknown[], type: 'solid' | 'dashed' = 'solid') => ({
  type: 'line',
  data: points,
  symbol: points.length < 3 ? 'circle' : 'none',
  symbolSize: 7,
  lineStyle: { width: 1.75, type },
});

export const optionOf = (option: object): object => ({ ...common, ...option });

/** Says what a chart leaves out of its series; nothing where that is nothing. */
export function thinned(series: readonly Sampled<unknown>[], what: string): string | undefined {
  const shown = series.reduce((sum, { shown: points }) => sum + points.length, 0);
  const of = series.reduce((sum, each) => sum + each.of, 0);
  const isCut = series.some(({ cut }) => cut);
  if (shown === of && !isCut) return undefined;
  const more = isCut ? ` There were more than the ${countText(of)} that were read.` : '';
  return `Shown are ${countText(shown)} of ${countText(of)} ${what}: in each stretch of time the lowest and the highest.${more}`;
}
