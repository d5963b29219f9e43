import { decimal } from '@tse/core';

export interface Booking {
  readonly from?: string;
  readonly to?: string;
  readonly asset: string;
  readonly amount: string;
}

export interface AcknowledgedOrder {
  readonly id: string;
  status: 'new' | 'filled' | 'canceled';
}

/** What callers were told: all of it must be there at the end, once, and nothing else, whatever happened meanwhile. */
export interface Acknowledged {
  /** By the id that the client gave. */
  readonly orders: Map<string, AcknowledgedOrder>;
  readonly trades: Map<string, { seller: string; buyer: string; price: string; quantity: string }>;
  /** By transaction id: `deposit:d-1`. */
  readonly bookings: Map<string, Booking>;
}

/** What every account must have by that: `account asset` to the amount. */
export function balancesOf({ trades, bookings }: Acknowledged): Map<string, string> {
  const balances = new Map<string, string>();
  const add = (account: string, asset: string, amount: string) => {
    const key = `${account} ${asset}`;
    balances.set(key, decimal.plus(balances.get(key) ?? '0', amount));
  };
  for (const { from, to, asset, amount } of bookings.values()) {
    if (to !== undefined) add(to, asset, amount);
    if (from !== undefined) add(from, asset, decimal.negate(amount));
  }
  for (const { seller, buyer, price, quantity } of trades.values()) {
    const value = decimal.times(price, quantity);
    add(seller, 'BTC', decimal.negate(quantity));
    add(seller, 'USD', value);
    add(buyer, 'BTC', quantity);
    add(buyer, 'USD', decimal.negate(value));
  }
  return balances;
}
