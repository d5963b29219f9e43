import { AMOUNT_SCALE, fromUnits, scaleOf, toUnits } from '../fixed-point.ts';
import { InputError } from '../input-error.ts';
import type { Print, PrintSource } from './print.ts';

/** What has to be known of a market before its first print can be traded: how fine its digits are, from all of them. */
export interface Survey {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly prints: number;
  readonly priceScale: number;
  readonly quantityScale: number;
  /** The finest step of a price, and of a quantity. */
  readonly tickSize: string;
  readonly lotSize: string;
  readonly lowestPrice: string;
  readonly highestPrice: string;
  readonly largestQuantity: string;
  /** Sums over all prints, in the base and in the quote asset. */
  readonly quantity: string;
  readonly quoteQuantity: string;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** Reads every print once. The finest digit may be in the last line, so nothing less tells the scales of a market. */
export async function surveyPrints(source: PrintSource, prints: AsyncIterable<Print> = source.read()): Promise<Survey> {
  let count = 0;
  let priceScale = 0;
  let quantityScale = 0;
  let lowest = 0n;
  let highest = 0n;
  let largest = 0n;
  let quantity = 0n;
  let quoteQuantity = 0n;
  let firstAt = '';
  let lastAt = '';
  for await (const print of prints) {
    const price = toUnits(print.price);
    const size = toUnits(print.quantity);
    if (count === 0) [lowest, firstAt] = [price, print.at];
    count += 1;
    lastAt = print.at;
    priceScale = Math.max(priceScale, scaleOf(print.price));
    quantityScale = Math.max(quantityScale, scaleOf(print.quantity));
    if (price < lowest) lowest = price;
    if (price > highest) highest = price;
    if (size > largest) largest = size;
    quantity += size;
    quoteQuantity += price * size;
  }
  if (count === 0) throw new InputError(`${source.name} holds no trades.`);
  if (priceScale + quantityScale > AMOUNT_SCALE)
    throw new InputError(
      `${source.name} has prices with ${priceScale} decimals and quantities with ${quantityScale}: their product needs more than the ${AMOUNT_SCALE} that an amount can hold.`,
    );
  return {
    symbol: `${source.base}-${source.quote}`,
    base: source.base,
    quote: source.quote,
    prints: count,
    priceScale,
    quantityScale,
    tickSize: fromUnits(1n, priceScale),
    lotSize: fromUnits(1n, quantityScale),
    lowestPrice: fromUnits(lowest),
    highestPrice: fromUnits(highest),
    largestQuantity: fromUnits(largest),
    quantity: fromUnits(quantity),
    quoteQuantity: fromUnits(quoteQuantity, 2 * AMOUNT_SCALE),
    firstAt,
    lastAt,
  };
}
