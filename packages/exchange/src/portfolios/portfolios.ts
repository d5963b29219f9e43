import type { CallOptions, Decimal, Instant } from '@tse/core';
import type { AccountRef } from '../accounts/account-ref.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Balance } from '../balances/balances.ts';
import type { HoldKind } from '../holds/holds.ts';
import type { Order } from '../orders/orders.ts';

/** What is held of an asset, and why. */
export interface HeldAmount {
  asset: string;
  kind: HoldKind;
  amount: Decimal;
}

/** An account as of one moment, read in one statement. */
export interface AccountPortfolio {
  account: Account;
  /** In the order of the assets. */
  balances: Omit<Balance, 'version'>[];
  held: HeldAmount[];
  /** Working orders, oldest first. */
  openOrders: Order[];
  subAccounts: { account: Account; balances: Omit<Balance, 'version'>[]; held: HeldAmount[] }[];
  /** The last trade price of each market in which one of the assets is the base. No valuation: what it is worth is for others to say. */
  lastPrices: Record<string, Decimal>;
  asOf: Instant;
}

/** `getAccountPortfolio`: an account with its balances, holds, working orders and sub-accounts. `not-found` with the code `unknown-account`. */
export interface Portfolios {
  /** An account with balances, holds, working orders and sub-accounts, of one moment. Refused with `unknown-account`. */
  /** An account with balances, holds, working orders and sub-accounts, of one moment. Refused with `unknown-account`. */
  getAccountPortfolio(account: AccountRef, options?: CallOptions): Promise<AccountPortfolio>;
}
