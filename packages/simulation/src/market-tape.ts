import { decimal, instant } from '@tse/core';
import {
  type Candle,
  type Interval,
  type MarketDataAdapter,
  composeModifiers,
  manipulatedPrice,
} from '@tse/market-data';
import { fromUnits, toUnits } from './fixed-point.ts';
import { TAPE_VENUE } from './market-data-simulator.ts';
import { OF_MIRROR } from './market/manipulations-in-force.ts';
import type { Print, PrintSource } from './prints/print.ts';
import type { Invariant } from './report.ts';

const RING = 1000;

/**
 * Invariant "tape": each print is one trade, each closed candle of every interval is what its trades make it, each trade is in one candle an
 * interval, and the ring holds the last prints.
 */
export async function checkMarketTape(
  marketData: MarketDataAdapter,
  symbol: string,
  source: PrintSource,
  venue = TAPE_VENUE,
): Promise<Invariant[]> {
  let compared = 0;
  const broken = (problem: string): Invariant[] => [{ name: 'tape', ok: false, compared, problem }];
  const intervals = await marketData.candles.listIntervals();
  const candles = intervals.map((interval) => ({ interval, made: new Map<string, Made>() }));
  const ring: Print[] = [];
  const trades = marketData.trades.list({ venue, symbol, limit: 1000 })[Symbol.asyncIterator]();
  let first: string | undefined;
  let last = '';
  for await (const print of source.read()) {
    const { value: trade, done } = await trades.next();
    if (done) return broken(`print ${print.id} is no trade`);
    const { tradeId, price, quantity, takerSide, eventAt } = trade;
    if (
      tradeId !== print.id ||
      toUnits(price) !== toUnits(print.price) ||
      toUnits(quantity) !== toUnits(print.quantity) ||
      takerSide !== print.taker ||
      eventAt !== print.at
    )
      return broken(`print ${print.id} is the trade ${tradeId} of ${quantity} at ${price}, ${eventAt}`);
    compared += 1;
    first ??= print.at;
    last = print.at;
    ring.push(print);
    if (ring.length > RING) ring.shift();
    for (const { interval, made } of candles) add(made, bucketOf(interval, print.at), print);
  }
  const more = await trades.next();
  if (!more.done) return broken(`trade ${more.value.tradeId} is no print`);
  if (first === undefined) return broken('there is no print');

  for (const { interval, made } of candles) {
    const series = marketData.candles.list({ symbol, interval: interval.name, source: venue, limit: 1000 });
    const left = new Map(made);
    for await (const candle of series) {
      if (!candle.closed) continue;
      const expected = left.get(candle.openTime);
      left.delete(candle.openTime);
      const difference = expected === undefined ? 'has no trades' : differenceOf(candle, expected);
      if (difference !== undefined) return broken(`the ${interval.name} candle of ${candle.openTime} ${difference}`);
      compared += 1;
    }
    // The bucket of the last trade may not be over yet.
    left.delete(bucketOf(interval, last));
    const [missing] = left.keys();
    if (missing !== undefined) return broken(`there is no ${interval.name} candle of ${missing}`);
  }

  const told = await marketData.prices.recent({ symbol, limit: RING });
  const ticks = told.filter((tick) => tick.source === venue);
  // Beside those of the tape the ring may hold prices between its prints.
  if (ticks.length !== Math.min(ring.length, ticks.length === told.length ? RING : ticks.length))
    return broken(`the ring holds ${ticks.length} of ${ring.length} prices`);
  const { items: manipulations } = await marketData.manipulations.list({ symbol, limit: 1 });
  const { priceScale } = await marketData.instruments.get(symbol);
  for (const [i, { sequence, price, eventAt }] of ticks.entries()) {
    const print = ring.at(-1 - i)!;
    const expected =
      manipulations.length === 0 ? print.price : await manipulated(marketData, symbol, print, priceScale);
    if (sequence !== print.sequence || toUnits(price) !== toUnits(expected) || eventAt !== print.at)
      return broken(`the ring has ${price} of ${eventAt} where print ${print.id} was`);
    compared += 1;
  }
  return [{ name: 'tape', ok: true, compared }];
}

/** What a print was told as, under what was done to its symbol then; to one of two sources does not count. */
async function manipulated(marketData: MarketDataAdapter, symbol: string, { at, price }: Print, scale: number) {
  // What began or ended with the print came after it.
  const before = instant.plusMillis(instant.of(at), -1);
  const { manipulations } = await marketData.manipulations.getEffect({ symbol, at: before });
  const ofAll = manipulations.filter(({ manipulationId }) => !manipulationId.startsWith(OF_MIRROR));
  const effect = composeModifiers(ofAll.map(({ modifier }) => modifier));
  return manipulatedPrice(decimal.of(price), effect, scale) ?? price;
}

/** A candle as it is made, in units of 10^-18; values of 10^-36. */
interface Made {
  open: bigint;
  high: bigint;
  low: bigint;
  close: bigint;
  base: bigint;
  quote: bigint;
  takerBase: bigint;
  count: number;
}

function add(made: Map<string, Made>, bucket: string, { price, quantity, taker }: Print): void {
  const [at, size] = [toUnits(price), toUnits(quantity)];
  const bought = taker === 'buy' ? size : 0n;
  const candle = made.get(bucket);
  if (candle === undefined) {
    made.set(bucket, {
      open: at,
      high: at,
      low: at,
      close: at,
      base: size,
      quote: at * size,
      takerBase: bought,
      count: 1,
    });
    return;
  }
  if (at > candle.high) candle.high = at;
  if (at < candle.low) candle.low = at;
  candle.close = at;
  candle.base += size;
  candle.quote += at * size;
  candle.takerBase += bought;
  candle.count += 1;
}

function differenceOf(candle: Candle, made: Made): string | undefined {
  const expected = {
    open: fromUnits(made.open),
    high: fromUnits(made.high),
    low: fromUnits(made.low),
    close: fromUnits(made.close),
    baseVolume: fromUnits(made.base),
    quoteVolume: fromUnits(made.quote, 36),
    takerBaseVolume: fromUnits(made.takerBase),
    tradeCount: made.count,
  };
  for (const [field, value] of Object.entries(expected)) {
    const found = candle[field as keyof typeof expected];
    if (found !== value) return `has the ${field} ${String(found)}, its trades ${value}`;
  }
  return undefined;
}

/** The beginning of the bucket that holds an instant; calendar units in UTC. */
function bucketOf({ unit, seconds = 0, origin }: Interval, at: string): string {
  const millis = Date.parse(`${at.slice(0, 23)}Z`);
  const day = new Date(millis);
  day.setUTCHours(0, 0, 0, 0);
  if (unit === 'month') day.setUTCDate(1);
  if (unit === 'week') day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  if (unit !== 'fixed') return `${day.toISOString().slice(0, 23)}000Z`;
  const zero = Date.parse(`${origin.slice(0, 23)}Z`);
  const start = zero + Math.floor((millis - zero) / (seconds * 1000)) * seconds * 1000;
  return `${new Date(start).toISOString().slice(0, 23)}000Z`;
}
