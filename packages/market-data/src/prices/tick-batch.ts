import { z } from 'zod';
import type { SymbolBatch } from '../archiving/live-writer.ts';
import { amountOf, compareAmounts } from '../bulk/amount-text.ts';
import { microsOf } from '../bulk/event-time.ts';
import { isId } from '../bulk/id-text.ts';
import { Issues, fieldsOf } from '../bulk/issues.ts';
import { tickText } from './tick-text.ts';

export const MAX_TICKS = 50_000;

/** Ticks of one symbol, column by column, with their places in the batch. */
export interface SymbolTicks extends SymbolBatch {
  places: number[];
  micros: number[];
  /** The most fraction digits of a price. */
  scale: number;
}

const fields = ['symbol', 'source', 'eventAt', 'sequence', 'price', 'bid', 'ask'];
const symbolShape = /^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/;

const digitsOf = (amount: string): number => {
  const point = amount.indexOf('.');
  return point < 0 ? 0 : amount.length - point - 1;
};

/** Checked by hand, as there are thousands a second; grouped by symbol. */
export const recordTicks = z.unknown().transform((input, context): { ticks: number; groups: SymbolTicks[] } => {
  const groups = new Map<string, SymbolTicks>();
  const issues = new Issues(context);
  if (!issues.isBatch(input, MAX_TICKS)) return z.NEVER;
  let group: SymbolTicks | undefined;
  let written = '';
  for (let i = 0; i < input.length && issues.few; i += 1) {
    const tick = fieldsOf(input[i], fields);
    if (!tick) {
      issues.add([i], 'expected a tick of known fields');
      continue;
    }
    const { source, sequence } = tick;
    const given = tick['symbol'];
    // Neighbours are mostly of one symbol.
    if (group === undefined || given !== written) {
      const symbol = typeof given === 'string' ? given.replace('/', '-') : '';
      if (!symbolShape.test(symbol)) {
        issues.add([i, 'symbol'], 'expected a symbol such as BTC-USD');
        continue;
      }
      group = groups.get(symbol);
      if (group === undefined) {
        group = { symbol, places: [], sources: [], micros: [], sequences: [], scale: 0, texts: [] };
        groups.set(symbol, group);
      }
      written = given as string;
    }
    if (!isId(source)) issues.add([i, 'source'], 'expected 1 to 64 characters of A-Z a-z 0-9 . _ : / -');
    const micros = microsOf(tick['eventAt']);
    if (micros === undefined)
      issues.add([i, 'eventAt'], 'expected an ISO-8601 instant with a zone, or a Date, of 1780 to 2199');
    if (!(Number.isSafeInteger(sequence) && (sequence as number) >= 0))
      issues.add([i, 'sequence'], 'expected a whole number of zero or above');
    const price = amountOf(tick['price']);
    if (price === undefined || price === '0') issues.add([i, 'price'], 'expected a decimal string above zero');
    const bid = tick['bid'] === undefined ? undefined : amountOf(tick['bid']);
    if (tick['bid'] !== undefined && (bid === undefined || bid === '0'))
      issues.add([i, 'bid'], 'expected a decimal string above zero');
    const ask = tick['ask'] === undefined ? undefined : amountOf(tick['ask']);
    if (tick['ask'] !== undefined && (ask === undefined || ask === '0'))
      issues.add([i, 'ask'], 'expected a decimal string above zero');
    if (bid !== undefined && ask !== undefined && compareAmounts(bid, ask) > 0)
      issues.add([i, 'bid'], 'expected at most the ask');
    if (issues.some) continue;
    group.places.push(i);
    group.sources.push(source as string);
    group.micros.push(micros!);
    group.sequences.push(sequence as number);
    group.texts.push(tickText(source as string, micros!, sequence as number, price!, bid, ask));
    const digits = Math.max(
      digitsOf(price!),
      bid === undefined ? 0 : digitsOf(bid),
      ask === undefined ? 0 : digitsOf(ask),
    );
    if (digits > group.scale) group.scale = digits;
  }
  return issues.some ? z.NEVER : { ticks: input.length, groups: [...groups.values()] };
});
