import type { Side } from '../engine/orders.ts';
import type { Print } from '../prints/print.ts';

export const ACCOUNTS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'] as const;
export type AccountName = (typeof ACCOUNTS)[number];

/** An order as one of the accounts sends it. */
export interface SimulatedOrder {
  readonly clientOrderId: string;
  readonly accountId: AccountName;
  readonly symbol: string;
  readonly side: Side;
  readonly type: 'limit' | 'market';
  readonly timeInForce: 'gtc' | 'ioc' | 'fok';
  readonly postOnly?: boolean;
  readonly quantity: string;
  readonly price?: string;
  /** The most a market buy may spend, in the quote asset: what its print costs. */
  readonly quoteBudget?: string;
}

/** An order named as its account named it. */
export type OrderName = Pick<SimulatedOrder, 'accountId' | 'clientOrderId'>;

/** What happens so that one print happens again: first these orders are taken back, then these placed, in this sequence, at the print's time. */
export interface Step {
  readonly print: Print;
  readonly cancel: readonly OrderName[];
  readonly place: readonly SimulatedOrder[];
  /** No maker waits for a further print of its run: others may trade before the next step. */
  readonly endsRun: boolean;
}
