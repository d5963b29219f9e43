import { type Decimal, type Instant, idInput, instantInput, symbolInput } from '@tse/core';
import { z } from 'zod';
import { amountOf } from '../bulk/amount-text.ts';
import { instantOf, microsOf } from '../bulk/event-time.ts';
import { isId } from '../bulk/id-text.ts';
import { Issues, fieldsOf } from '../bulk/issues.ts';

/** Trades of a batch, column by column. */
export interface TradeColumns {
  ids: string[];
  /** Microseconds since 1970. */
  micros: number[];
  sequences: number[];
  prices: Decimal[];
  quantities: Decimal[];
  sides: (string | null)[];
}

export const MAX_TRADES = 10_000;

const fields = ['tradeId', 'eventAt', 'sequence', 'price', 'quantity', 'takerSide'];

/** Checked by hand, as each batch has thousands. */
const tradeColumns = z.unknown().transform((input, context): TradeColumns => {
  const columns: TradeColumns = { ids: [], micros: [], sequences: [], prices: [], quantities: [], sides: [] };
  const issues = new Issues(context);
  if (!issues.isBatch(input, MAX_TRADES)) return z.NEVER;
  for (let i = 0; i < input.length && issues.few; i += 1) {
    const trade = fieldsOf(input[i], fields);
    if (!trade) {
      issues.add([i], 'expected a trade of known fields');
      continue;
    }
    const { tradeId, sequence, takerSide } = trade;
    if (!isId(tradeId)) issues.add([i, 'tradeId'], 'expected 1 to 64 characters of A-Z a-z 0-9 . _ : / -');
    const micros = microsOf(trade['eventAt']);
    if (micros === undefined)
      issues.add([i, 'eventAt'], 'expected an ISO-8601 instant with a zone, or a Date, of 1780 to 2199');
    if (sequence !== undefined && !(Number.isSafeInteger(sequence) && (sequence as number) >= 0))
      issues.add([i, 'sequence'], 'expected a whole number of zero or above');
    const price = amountOf(trade['price']);
    if (price === undefined || price === '0') issues.add([i, 'price'], 'expected a decimal string above zero');
    const quantity = amountOf(trade['quantity']);
    if (quantity === undefined || quantity === '0') issues.add([i, 'quantity'], 'expected a decimal string above zero');
    if (takerSide !== undefined && takerSide !== 'buy' && takerSide !== 'sell')
      issues.add([i, 'takerSide'], 'expected buy or sell');
    columns.ids.push(tradeId as string);
    columns.micros.push(micros!);
    columns.sequences.push((sequence as number | undefined) ?? sequenceOf(tradeId));
    columns.prices.push(price!);
    columns.quantities.push(quantity!);
    columns.sides.push((takerSide as string | undefined) ?? null);
  }
  return issues.some ? z.NEVER : columns;
});

/** The number in an id that is one. */
function sequenceOf(tradeId: unknown): number {
  const number = Number(tradeId);
  return typeof tradeId === 'string' && /^\d+$/.test(tradeId) && Number.isSafeInteger(number) ? number : 0;
}

const bounds = z
  .strictObject({ from: instantInput, to: instantInput })
  .refine(({ from, to }) => from <= to, { message: 'expected an instant that is not before `from`', path: ['to'] });

export const recordTrades = z.strictObject({
  venue: idInput,
  symbol: symbolInput,
  trades: tradeColumns,
  covers: bounds.optional(),
});

/** The members of a batch at these places, in their order. */
export const pickTrades = (columns: TradeColumns, places: readonly number[]): TradeColumns => {
  const pick = <T>(column: readonly T[]) => places.map((place) => column[place]!);
  return {
    ids: pick(columns.ids),
    micros: pick(columns.micros),
    sequences: pick(columns.sequences),
    prices: pick(columns.prices),
    quantities: pick(columns.quantities),
    sides: pick(columns.sides),
  };
};

export const eventTimes = (columns: TradeColumns): Instant[] => columns.micros.map(instantOf);
