import {
  type Parsed,
  columnsOf,
  epochInstant,
  isHeader,
  isNonNegative,
  isPositive,
  noEpoch,
  notNonNegative,
  notPositive,
  tooFew,
} from './columns.ts';

/** A candle as an exchange's bulk file tells it, with the digits that are printed. */
export interface Kline {
  readonly openTime: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly baseVolume: string;
  readonly quoteVolume?: string;
  readonly tradeCount?: number;
  readonly takerBaseVolume?: string;
  readonly takerQuoteVolume?: string;
  /** From its open time to that of the next, in microseconds. */
  readonly length: number;
}

const COLUMNS = 7;
const ALL_COLUMNS = 11;

const micros = (time: string): number => Number(time.padEnd(16, '0'));

/**
 * A line of a bulk file of klines: open time, open, high, low, close, volume, close time (epochs in milliseconds or microseconds); where
 * there are more, quote volume, number of trades, and base and quote volume that takers bought.
 */
export function parseKline(text: string): Parsed<Kline> {
  const columns = columnsOf(text);
  if (columns.length < COLUMNS) return { reason: tooFew('candle', COLUMNS, columns) };
  const [openTime, open, high, low, close, volume, closeTime] = columns as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const at = epochInstant(openTime);
  if (at === undefined) return { reason: noEpoch('open time', openTime) };
  if (epochInstant(closeTime) === undefined || closeTime.length !== openTime.length)
    return { reason: noEpoch('close time', closeTime) };
  for (const [field, price] of Object.entries({ open, high, low, close }))
    if (!isPositive(price)) return { reason: notPositive(field, price) };
  if (!isNonNegative(volume)) return { reason: notNonNegative('volume', volume) };
  const length = micros(closeTime) + (closeTime.length === 13 ? 1000 : 1) - micros(openTime);
  if (!(length > 0)) return { reason: 'its close time is before its open time' };
  const row = { openTime: at, open, high, low, close, baseVolume: volume, length };
  if (columns.length < ALL_COLUMNS) return { row };
  const [, , , , , , , quoteVolume, count, takerBaseVolume, takerQuoteVolume] = columns;
  for (const [field, amount] of Object.entries({ quoteVolume, takerBaseVolume, takerQuoteVolume }))
    if (!isNonNegative(amount!)) return { reason: notNonNegative(field, amount!) };
  if (!/^\d{1,15}$/.test(count!)) return { reason: `number of trades "${count}" is not a whole number` };
  return {
    row: {
      ...row,
      quoteVolume: quoteVolume!,
      tradeCount: Number(count),
      takerBaseVolume: takerBaseVolume!,
      takerQuoteVolume: takerQuoteVolume!,
    },
  };
}

export const isKlineHeader = (text: string): boolean => isHeader(columnsOf(text), COLUMNS);
