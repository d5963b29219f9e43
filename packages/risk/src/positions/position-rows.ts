import { type Copy, type Decimal, type Instant, decimal } from '@tse/core';
import type { Position } from './positions.ts';

/** A position as the SQL functions answer it. */
export interface PositionCopy {
  account: string;
  venue: string;
  symbol: string;
  quantity: Decimal;
  cost: Decimal;
  realized: Decimal;
  fees: Decimal;
  lastSequence: number;
  asOf: Instant;
  version: number;
}

export const toPosition = (copy: PositionCopy): Position => ({
  ...copy,
  ...(copy.quantity !== '0' && { averagePrice: decimal.div(copy.cost, copy.quantity, 18, 'half-even') }),
});

export const copyOf = (position: PositionCopy): Copy<PositionCopy> => ({
  id: position.account,
  field: `${position.venue}|${position.symbol}`,
  version: position.version,
  value: position,
});
