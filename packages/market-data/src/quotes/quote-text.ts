import type { Decimal, Instant } from '@tse/core';
import { instantOf, microsOf } from '../bulk/event-time.ts';
import type { Quote, QuoteDepth } from './quotes.ts';

type Told = Omit<Quote, 'symbol' | 'ageMs' | 'depth'> & { depth?: QuoteDepth | undefined };

/** A quote in Redis: `source|microseconds|sequence|bid|quantity|ask|quantity|levels|bid depth|ask depth`, the last three perhaps empty. */
export const quoteText = ({ source, eventAt, sequence, bid, bidQuantity, ask, askQuantity, depth }: Told): string =>
  [
    source,
    microsOf(eventAt),
    sequence,
    bid,
    bidQuantity,
    ask,
    askQuantity,
    depth?.levels ?? '',
    depth?.bid ?? '',
    depth?.ask ?? '',
  ].join('|');

export function parseQuote(symbol: string, text: string): Omit<Quote, 'ageMs'> {
  const [source, micros, sequence, bid, bidQuantity, ask, askQuantity, levels, bidDepth, askDepth] = text.split(
    '|',
  ) as [string, string, string, Decimal, Decimal, Decimal, Decimal, string, Decimal, Decimal];
  return {
    symbol,
    source,
    eventAt: instantOf(Number(micros)),
    sequence: Number(sequence),
    bid,
    bidQuantity,
    ask,
    askQuantity,
    ...(levels !== '' && { depth: { levels: Number(levels), bid: bidDepth, ask: askDepth } }),
  };
}

export interface QuoteRow {
  symbol: string;
  source: string;
  event_at: Instant;
  seq: number;
  bid: Decimal;
  bid_qty: Decimal;
  ask: Decimal;
  ask_qty: Decimal;
  depth_levels: number | null;
  bid_depth: Decimal | null;
  ask_depth: Decimal | null;
}

export const toQuote = (row: QuoteRow): Omit<Quote, 'ageMs'> => ({
  symbol: row.symbol,
  source: row.source,
  eventAt: row.event_at,
  sequence: row.seq,
  bid: row.bid,
  bidQuantity: row.bid_qty,
  ask: row.ask,
  askQuantity: row.ask_qty,
  ...(row.depth_levels !== null && {
    depth: { levels: row.depth_levels, bid: row.bid_depth!, ask: row.ask_depth! },
  }),
});
