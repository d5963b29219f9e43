import { hash } from 'node:crypto';
import { fromUnits } from '../fixed-point.ts';
import type { RestingOrder } from './book-side.ts';
import type { Prevention } from './meet.ts';
import type { Match, OpenOrder, PreventedMatch } from './orders.ts';

export function toMatch(taker: OpenOrder, maker: RestingOrder, quantity: bigint): Match {
  return {
    tradeId: pairId('trade', taker.id, maker.id),
    ...pairOf(taker, maker, quantity),
    matchedAt: taker.placedAt,
  };
}

export function toPreventedMatch(taker: OpenOrder, { maker, quantity }: Prevention): PreventedMatch {
  return {
    preventionId: pairId('prevention', taker.id, maker.id),
    ...pairOf(taker, maker, quantity),
    at: taker.placedAt,
  };
}

function pairOf(taker: OpenOrder, maker: RestingOrder, quantity: bigint) {
  return {
    symbol: taker.symbol,
    makerOrderId: maker.id,
    takerOrderId: taker.id,
    price: fromUnits(maker.level.price),
    quantity: fromUnits(quantity),
  };
}

// A taker meets a maker once, for one of the two ends by it: so the pair names the meeting. Two ids side by side would be too long for one.
function pairId(kind: 'trade' | 'prevention', takerOrderId: string, makerOrderId: string): string {
  return hash('sha256', `${kind} ${takerOrderId} ${makerOrderId}`, 'hex').slice(0, 32);
}
