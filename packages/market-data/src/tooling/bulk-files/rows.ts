import { InvalidInputError } from '@tse/core';
import type { LoadContext } from '@tse/core/admin';
import type { MarketDataAdapter } from '../../adapter.ts';
import type { Instrument } from '../../instruments/instruments.ts';
import type { Parsed } from './columns.ts';
import { readLines } from './lines.ts';
import { Scales, stepOf } from './scales.ts';

/** How lines of a kind of bulk file are read. */
export interface RowFormat<Row> {
  readonly what: string;
  isHeader(text: string): boolean;
  parse(text: string): Parsed<Row>;
  /** Its prices and quantities, for the scales of an instrument that is not there yet. */
  pricesOf(row: Row): readonly string[];
  quantitiesOf(row: Row): readonly string[];
}

/** A row of a file, or why its line is none. */
export type ReadRow<Row> = { readonly line: number } & Parsed<Row>;

/** What the lines of a file are, in their order, as many at a time as a read brings. */
export async function* readRows<Row>(
  path: string,
  format: RowFormat<Row>,
  onRead?: LoadContext['onRead'],
): AsyncGenerator<ReadRow<Row>[]> {
  for await (const lines of readLines(path, onRead)) {
    const rows: ReadRow<Row>[] = [];
    for (const { number, text } of lines)
      if (number > 1 || !format.isHeader(text)) rows.push({ line: number, ...format.parse(text) });
    yield rows;
  }
}

/** The instrument of a file; one that is unknown is registered with the scales that all of the file shows, and a note says so. */
export async function instrumentOf<Row>(
  marketData: MarketDataAdapter,
  format: RowFormat<Row>,
  { path, given, progress, signal }: Pick<LoadContext, 'path' | 'given' | 'progress' | 'signal'>,
): Promise<{ instrument: Instrument; notes: string[] }> {
  const { symbol } = given;
  if (symbol === undefined)
    throw new InvalidInputError([
      { path: 'symbol', message: `expected the symbol of the ${format.what}, such as XRP-ETH` },
    ]);
  const known = await marketData.instruments.find(symbol, { signal });
  if (known) return { instrument: known, notes: [] };
  progress(`${symbol} is not known yet: reading how fine its prices and quantities are`);
  const scales = new Scales();
  let rows = 0;
  for await (const batch of readRows(path, format)) {
    signal.throwIfAborted();
    for (const read of batch) {
      if ('reason' in read) continue;
      rows += 1;
      for (const price of format.pricesOf(read.row)) scales.add('price', price);
      for (const quantity of format.quantitiesOf(read.row)) scales.add('quantity', quantity);
    }
  }
  if (rows === 0)
    throw new InvalidInputError([{ path: '', message: `${path} holds no ${format.what}.` }], 'nothing-to-load');
  const { price, quantity } = scales.found;
  const instrument = await marketData.instruments.register({
    symbol,
    tickSize: stepOf(price),
    stepSize: stepOf(quantity),
  });
  const note = `${instrument.symbol} was not known: it is now, with ${price} decimals in prices and ${quantity} in quantities`;
  return { instrument, notes: [note] };
}

/** More digits than the instrument has are said before a batch is sent: one would refuse all. */
export function tooFine(
  { priceScale, quantityScale }: Pick<Instrument, 'priceScale' | 'quantityScale'>,
  prices: readonly string[],
  quantities: readonly string[],
): string | undefined {
  for (const [name, scale, values] of [
    ['prices', priceScale, prices],
    ['quantities', quantityScale, quantities],
  ] as const) {
    const fine = values.find((text) => digitsOf(text) > scale);
    if (fine !== undefined) return `${fine} has more decimals than the ${scale} that its ${name} have`;
  }
  return undefined;
}

function digitsOf(text: string): number {
  const point = text.indexOf('.');
  if (point < 0) return 0;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end -= 1;
  return Math.max(0, end - point - 1);
}
