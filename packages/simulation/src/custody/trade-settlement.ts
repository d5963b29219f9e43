import type { EventOf } from '@tse/core';
import type { ProcessSettlement } from '@tse/custodian';
import type { exchangeEvents } from '@tse/exchange/events';
import { custodyAccountOf } from './custody-accounts.ts';

type Settled = EventOf<typeof exchangeEvents, 'trade.settled'>;

/** Every second trade of a market settles the next day, the others on the day of the trade. */
export const cycleOf = (tradeSeq: number): 0 | 1 => (tradeSeq % 2 === 0 ? 1 : 0);

/** Delivery against payment, and what each side pays as fee; nothing, where an account met itself. */
export function settlementOf({ source, payload }: Settled): ProcessSettlement | undefined {
  const { tradeId, symbol, tradeSeq, quantity, quoteQuantity, matchedAt, sides } = payload;
  const [base, quote] = symbol.split('-') as [string, string];
  const seller = custodyAccountOf(sides.find(({ side }) => side === 'sell')!.accountId);
  const buyer = custodyAccountOf(sides.find(({ side }) => side === 'buy')!.accountId);
  const legs: ProcessSettlement['legs'] = [
    { kind: 'delivery', from: seller, to: buyer, asset: base, quantity },
    { kind: 'payment', from: buyer, to: seller, asset: quote, quantity: quoteQuantity },
    ...sides.map(({ accountId, fee, feeAsset }) => ({
      kind: 'fee' as const,
      from: custodyAccountOf(accountId),
      to: custodyAccountOf('fees'),
      asset: feeAsset,
      quantity: fee,
    })),
  ].filter(({ from, to, quantity: moved }) => from !== to && moved !== '0') as ProcessSettlement['legs'];
  if (legs.length === 0) return undefined;
  return { source, reference: tradeId, tradedAt: matchedAt, cycle: cycleOf(tradeSeq), legs };
}
