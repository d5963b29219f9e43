import { type Decimal, decimal } from '@tse/core';

const MAX_TICKS = '9007199254740991';
const MAX_LOTS = '9223372036854775807';
const MAX_VALUE = '10000000000000000000';

const floorTo = (value: Decimal, step: Decimal): Decimal => decimal.times(decimal.div(value, step, 0, 'down'), step);
const atMost = (a: Decimal, steps: string, step: Decimal): Decimal =>
  decimal.compare(decimal.div(a, step, 0, 'down'), steps) > 0 ? decimal.times(steps, step) : floorTo(a, step);

/**
 * The largest price and quantity of a market whose terms leave them open: a price in ticks fits a double (the score in a Redis
 * book), a quantity in lots an int8, and their product stays an exact amount. The room is shared evenly between the two.
 */
export function marketBounds(terms: { tickSize: Decimal; lotSize: Decimal; maxPrice?: Decimal | undefined; maxQuantity?: Decimal | undefined }) {
  const { tickSize, lotSize } = terms;
  const half = '3000000000' as Decimal;
  const maxPrice =
    terms.maxPrice ?? atMost(terms.maxQuantity ? decimal.div(MAX_VALUE, terms.maxQuantity, 0, 'down') : half, MAX_TICKS, tickSize);
  const maxQuantity = terms.maxQuantity ?? atMost(decimal.div(MAX_VALUE, maxPrice, 0, 'down'), MAX_LOTS, lotSize);
  return { maxPrice, maxQuantity };
}
