import { fromUnits, toUnits } from '../fixed-point.ts';
import { costWithFee, type MarketTerms } from './market-terms.ts';
import { ACCOUNTS, type AccountName, type Step } from './orders.ts';

export interface Funding {
  /** What each account needs at the start, asset by asset. */
  readonly deposits: readonly { readonly accountId: AccountName; readonly asset: string; readonly amount: string }[];
  readonly orders: number;
  readonly cancels: number;
  /** The largest quantity and the highest price of any order, for the limits of the market. */
  readonly largestQuantity: string;
  readonly highestPrice: string;
}

/**
 * What the accounts need so that every order of `steps` is covered: for each account the sum of what its orders hold.
 * It counts no proceeds and no release, so it suffices however placing, settling and cancelling overlap.
 */
export async function fundingFor(steps: AsyncIterable<Step>, terms: MarketTerms): Promise<Funding> {
  const needs = new Map(ACCOUNTS.map((accountId) => [accountId, { base: 0n, quote: 0n }]));
  let orders = 0;
  let cancels = 0;
  let largest = 0n;
  let highest = 0n;
  for await (const { cancel, place } of steps) {
    orders += place.length;
    cancels += cancel.length;
    for (const order of place) {
      const quantity = toUnits(order.quantity, terms.quantityScale);
      const price = toUnits(order.price ?? '0', terms.priceScale);
      if (quantity > largest) largest = quantity;
      if (price > highest) highest = price;
      const need = needs.get(order.accountId)!;
      if (order.side === 'sell') need.base += quantity;
      else
        need.quote += costWithFee(
          order.quoteBudget === undefined
            ? price * quantity
            : toUnits(order.quoteBudget, terms.priceScale + terms.quantityScale),
          terms,
        );
    }
  }
  const deposits = [...needs].flatMap(([accountId, { base, quote }]) => [
    { accountId, asset: terms.base, amount: fromUnits(base, terms.quantityScale) },
    { accountId, asset: terms.quote, amount: fromUnits(quote, terms.quoteScale) },
  ]);
  return {
    deposits: deposits.filter(({ amount }) => amount !== '0'),
    orders,
    cancels,
    largestQuantity: fromUnits(largest, terms.quantityScale),
    highestPrice: fromUnits(highest, terms.priceScale),
  };
}
