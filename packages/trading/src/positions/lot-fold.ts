import { type Decimal, decimal } from '@tse/core';
import type { LotMethod } from '../deployments/deployments.ts';

/** A fill as far as lots care: its trade, the signed quantity, the price, and the lots it names. */
export interface FoldedFill {
  readonly tradeId: string;
  readonly delta: string;
  readonly price: string;
  readonly closeLots?: readonly string[];
}

/** What is left of one opening trade. */
export interface FoldedLot {
  tradeId: string;
  price: Decimal;
  remaining: Decimal;
}

/** What fills make of a position: quantity, realized profit, open lots. */
export interface FoldedPosition {
  quantity: Decimal;
  realized: Decimal;
  lots: FoldedLot[];
}

/**
 * What a netting position is after fills in their order: the rule that the SQL function `fold_quantity` is tested against, and what a
 * strategy can ask before it trades.
 */
export function foldLots(fills: readonly FoldedFill[], method: LotMethod): FoldedPosition {
  let lots: FoldedLot[] = [];
  let quantity = decimal.of('0');
  let realized = decimal.of('0');
  for (const { tradeId, delta, price, closeLots = [] } of fills) {
    let left = decimal.of(delta);
    while (left !== '0') {
      if (quantity === '0' || decimal.isNegative(quantity) === decimal.isNegative(left)) {
        lots.push({ tradeId, price: decimal.of(price), remaining: decimal.abs(left) });
        quantity = decimal.plus(quantity, left);
        break;
      }
      const lot = nextLot(lots, method, closeLots)!;
      const taken = decimal.min(lot.remaining, decimal.abs(left));
      const gain = decimal.times(decimal.minus(price, lot.price), taken);
      const isShort = decimal.isNegative(quantity);
      realized = isShort ? decimal.minus(realized, gain) : decimal.plus(realized, gain);
      quantity = isShort ? decimal.plus(quantity, taken) : decimal.minus(quantity, taken);
      left = isShort ? decimal.minus(left, taken) : decimal.plus(left, taken);
      lot.remaining = decimal.minus(lot.remaining, taken);
      lots = lots.filter(({ remaining }) => remaining !== '0');
    }
  }
  return { quantity, realized, lots };
}

function nextLot(lots: readonly FoldedLot[], method: LotMethod, named: readonly string[]): FoldedLot | undefined {
  if (method === 'lifo') return lots.at(-1);
  if (method === 'hifo')
    return lots.reduce((best, lot) => (decimal.compare(lot.price, best.price) > 0 ? lot : best), lots[0]!);
  if (method === 'specific') {
    for (const tradeId of named) {
      const lot = lots.find((one) => one.tradeId === tradeId);
      if (lot) return lot;
    }
  }
  return lots[0];
}
