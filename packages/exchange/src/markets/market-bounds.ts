import { type Decimal, decimal } from '@tse/core';

const MAX_TICKS = '9007199254740991';
const MAX_LOTS = '9223372036854775807';
const MAX_VALUE = '10000000000000000000' as Decimal;
/** Of a price whose market says nothing of it; as much is left for a quantity. */
const USUAL_MAX = '3000000000' as Decimal;

/** The largest multiple of a step that is not above `value` nor above so many steps; one step at least. */
function largest(value: Decimal, step: Decimal, steps: string): Decimal {
  if (decimal.compare(step, decimal.div(value, steps, 18, 'down')) <= 0) return decimal.times(steps, step);
  if (decimal.compare(step, value) >= 0) return step;
  return decimal.times(decimal.div(value, step, 0, 'down'), step);
}

/**
 * The largest price and quantity of a market whose terms leave them open: a price in ticks fits a double (the score in a Redis
 * book), a quantity in lots an int8, and their product stays an exact amount. The room is shared evenly between the two.
 */
export function marketBounds(terms: {
  tickSize: Decimal;
  lotSize: Decimal;
  maxPrice?: Decimal | undefined;
  maxQuantity?: Decimal | undefined;
}) {
  const { tickSize, lotSize } = terms;
  const room = (other: Decimal) =>
    decimal.compare(other, '1') <= 0 ? MAX_VALUE : decimal.div(MAX_VALUE, other, 0, 'down');
  const maxPrice =
    terms.maxPrice ?? largest(terms.maxQuantity ? room(terms.maxQuantity) : USUAL_MAX, tickSize, MAX_TICKS);
  const maxQuantity = terms.maxQuantity ?? largest(room(maxPrice), lotSize, MAX_LOTS);
  return { maxPrice, maxQuantity };
}
