import { type Parsed, columnsOf, epochInstant, isHeader, isPositive, noEpoch, notPositive, tooFew } from './columns.ts';

/** An aggregate trade as an exchange's bulk file tells it, with the digits that are printed. */
export interface AggTrade {
  readonly id: string;
  readonly price: string;
  readonly quantity: string;
  readonly taker: 'buy' | 'sell';
  readonly at: string;
}

const COLUMNS = 7;

/**
 * A line of a bulk file of aggregate trades: id, price, quantity, first and last trade id, time (epoch in milliseconds or microseconds),
 * whether the buyer was the maker; more columns are ignored.
 */
export function parseAggTrade(text: string): Parsed<AggTrade> {
  const columns = columnsOf(text);
  if (columns.length < COLUMNS) return { reason: tooFew('trade', COLUMNS, columns) };
  const [id, price, quantity, , , time, buyerWasMaker] = columns as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (!/^\d{1,18}$/.test(id)) return { reason: `trade id "${id}" is not a whole number` };
  if (!/^(true|false)$/i.test(buyerWasMaker))
    return { reason: `"${buyerWasMaker}" does not say whether the buyer was the maker (True or False)` };
  if (!isPositive(price)) return { reason: notPositive('price', price) };
  if (!isPositive(quantity)) return { reason: notPositive('quantity', quantity) };
  const at = epochInstant(time);
  if (at === undefined) return { reason: noEpoch('time', time) };
  return { row: { id, price, quantity, taker: buyerWasMaker.toLowerCase() === 'true' ? 'sell' : 'buy', at } };
}

export const isAggTradeHeader = (text: string): boolean => isHeader(columnsOf(text), COLUMNS);
