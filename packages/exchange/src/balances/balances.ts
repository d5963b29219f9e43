import { type CallOptions, type Decimal, type Instant, assetInput, instantInput } from '@tse/core';
import { z } from 'zod';
import { type AccountRef, accountFields } from '../accounts/account-ref.ts';

/** What an account has of an asset: `total` is posted, `held` is set aside, `available` is what it may spend, overdraft included. */
export interface Balance {
  asset: string;
  available: Decimal;
  held: Decimal;
  total: Decimal;
  version: number;
}

/** A posted balance as it was; `final` once nothing can be recorded before that moment any more. */
export interface PastBalance {
  asset: string;
  total: Decimal;
  at: Instant;
  final: boolean;
}

export const getBalance = z.strictObject({ ...accountFields, asset: assetInput });
export type GetBalance = z.input<typeof getBalance>;
export const getBalanceAt = z.strictObject({ ...accountFields, asset: assetInput, at: instantInput });
export type GetBalanceAt = z.input<typeof getBalanceAt>;

/**
 * Balances by account and asset, from copies in Redis that each write refreshes by version; with `fresh`, without Redis, or where
 * there is no copy, from PostgreSQL. An account nobody opened is `not-found`, code `unknown-account`.
 */
export interface Balances {
  /** Every asset that the account ever had, in the order of their codes. */
  list(account: AccountRef, options?: CallOptions): Promise<Balance[]>;
  /** Zero where nothing was ever booked. */
  get(input: GetBalance, options?: CallOptions): Promise<Balance>;
  /** The posted balance as of a moment of recording. */
  getAt(input: GetBalanceAt, options?: CallOptions): Promise<PastBalance>;
}
