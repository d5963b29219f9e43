import { fileURLToPath } from 'node:url';
import { toUnits } from '../fixed-point.ts';
import { malformed, positive, readLines } from './lines.ts';
import type { Print, PrintSource } from './print.ts';

/** The bars that ship with npm's `vega-datasets`: date, open, high, low, close, adjusted close, volume. */
const SP500_FILE = fileURLToPath(new URL('../data/sp500-2000.csv', import.meta.resolve('vega-datasets')));

const TIMES = ['14:30', '16:40', '18:50', '21:00'] as const;

/** The daily S&P 500 as prints: four a bar, those of one year or all of 2000-2020. */
export function sp500Prints(year: number | 'all', path = SP500_FILE): PrintSource {
  return {
    name: year === 'all' ? 'S&P 500 daily bars, 2000-2020' : `S&P 500 daily bars, ${year}`,
    base: 'SPX',
    quote: 'USD',
    read: () => readBars(path, year === 'all' ? '' : `${year}-`),
  };
}

async function* readBars(path: string, datePrefix: string): AsyncGenerator<Print> {
  let taker: Print['taker'] = 'buy';
  let before = 0n;
  for await (const { number: line, text } of readLines(path)) {
    if (line === 1 || !text.startsWith(datePrefix)) continue;
    const { date, volume, ...bar } = parseBar(path, line, text);
    const quantities = quarters(volume);
    for (const [index, { name, price }] of pathOf(bar).entries()) {
      // The tick rule: a price above the one before was paid by a buyer, one below taken by a seller; the same price says nothing new.
      const units = toUnits(price);
      if (units !== before) taker = units > before ? 'buy' : 'sell';
      before = units;
      yield {
        id: `SPX-${date}-${name}`,
        price,
        quantity: quantities[index]!,
        taker,
        at: `${date}T${TIMES[index]!}:00.000000Z`,
        sequence: (line - 2) * TIMES.length + index + 1,
      };
    }
  }
}

interface Bar {
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
}

function parseBar(path: string, line: number, text: string): Bar & { date: string; volume: bigint } {
  const columns = text.split(',');
  if (columns.length !== 7) throw malformed(path, line, `a bar has 7 columns, here are ${columns.length}`);
  const [date = '', open, high, low, close, , volume = ''] = columns;
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw malformed(path, line, `date "${date}" is not YYYY-MM-DD`);
  if (!/^\d{1,20}$/.test(volume) || BigInt(volume) < 4n)
    throw malformed(path, line, `volume "${volume}" is not a whole number of at least 4`);
  const price = (field: string, digits: string | undefined) => positive(path, line, field, digits);
  return {
    date,
    open: price('open', open),
    high: price('high', high),
    low: price('low', low),
    close: price('close', close),
    volume: BigInt(volume),
  };
}

/** A bar that rose touched its low first, one that fell its high: the shortest way through its four prices. */
export function pathOf({ open, high, low, close }: Bar): { name: keyof Bar; price: string }[] {
  const extremes = [
    { name: 'low', price: low },
    { name: 'high', price: high },
  ] as const;
  return [
    { name: 'open', price: open },
    ...(toUnits(close) >= toUnits(open) ? extremes : extremes.toReversed()),
    { name: 'close', price: close },
  ];
}

/** A volume in four whole parts; what does not divide is in the last. */
export function quarters(volume: bigint): [string, string, string, string] {
  const quarter = volume / 4n;
  return [`${quarter}`, `${quarter}`, `${quarter}`, `${volume - 3n * quarter}`];
}
