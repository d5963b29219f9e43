import type { Decimal } from '@tse/core';
import { instantOf } from '../bulk/event-time.ts';
import type { Tick } from './prices.ts';

/** A tick in Redis: `source|microseconds|sequence|price|bid|ask`, the last two perhaps empty. */
export const tickText = (
  source: string,
  micros: number,
  sequence: number,
  price: string,
  bid: string | undefined,
  ask: string | undefined,
): string => `${source}|${micros}|${sequence}|${price}|${bid ?? ''}|${ask ?? ''}`;

export function parseTick(symbol: string, text: string): Tick {
  const [source, micros, sequence, price, bid, ask] = text.split('|') as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    symbol,
    source,
    eventAt: instantOf(Number(micros)),
    sequence: Number(sequence),
    price: price as Decimal,
    ...(bid !== '' && { bid: bid as Decimal }),
    ...(ask !== '' && { ask: ask as Decimal }),
  };
}
