import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  anyAmount,
  assetInput,
  idInput,
  instantInput,
  pageFields,
} from '@tse/core';
import { z } from 'zod';

/**
 * The result of an account, or of the firm, in the reporting currency: total = realized + unrealized + fees + funding + fx, and equity less the
 * capital that came in is that total. `fx` is what the change of prices and rates did to what was held beside the positions.
 */
export interface Pnl {
  /** Absent for the firm. */
  account?: string;
  currency: string;
  equity: Decimal;
  /** Capital that came in, less what left, each at its worth when it was first valued. */
  flows: Decimal;
  realized: Decimal;
  unrealized: Decimal;
  /** Below zero where fees were paid. */
  fees: Decimal;
  funding: Decimal;
  fx: Decimal;
  total: Decimal;
  /** Since the trading day began; absent where nothing complete is known of its beginning. */
  day?: { tradingDay: string; result: Decimal };
  /** The highest equity there was, capital that came or went since set off; and how far below it is, as a ratio. */
  highWater?: Decimal;
  drawdown?: number;
  /** What has no price, and is left out of the sums, or has an old one: `BTC-USD price-stale`. */
  unpriced: string[];
  asOf: Instant;
}

/** Equity at the end of a minute. */
export interface EquityPoint {
  /** The minute. */
  at: Instant;
  equity: Decimal;
  flows: Decimal;
  drawdown: number;
}

export const movementKinds = ['deposit', 'withdrawal', 'transfer', 'adjustment', 'reversal', 'funding'] as const;
/** What moved funds. */
export type MovementKind = (typeof movementKinds)[number];

/** Money that came (above zero) or left otherwise than by a trade. `funding` is a result, everything else is capital. */
export const moveFunds = z.strictObject({
  movementId: idInput,
  account: idInput,
  kind: z.enum(movementKinds),
  asset: assetInput,
  amount: anyAmount,
  at: instantInput,
});
export type MoveFunds = z.input<typeof moveFunds>;

/** Accounts to value; all of them and the firm where none is named. */
export const markToMarket = z.strictObject({ accounts: z.array(idInput).min(1).max(10_000).optional() });
export type MarkToMarket = z.input<typeof markToMarket>;

/** What one valuation did. */
export interface Valued {
  scopes: number;
  positions: number;
  /** Scopes of which something has no price, or an old one. */
  unpriced: number;
  at: Instant;
}

/** Of an account, or of the firm. */
export const getPnl = z.strictObject({ account: idInput.optional() });
export type GetPnl = z.input<typeof getPnl>;

/** Oldest first. */
export const listEquity = z.strictObject({
  account: idInput.optional(),
  from: instantInput.optional(),
  until: instantInput.optional(),
  ...pageFields(instantInput),
});
export type ListEquity = z.input<typeof listEquity>;

/** Codes with which results refuse. */
export type PnlRefusal = 'id-conflict' | 'unknown-valuation';

/** Profit and loss, equity and drawdown. The worker `revalue` values what limits rest on each second, and everything each minute. */
export interface ProfitAndLoss {
  /** Tells of funds in or out, which are no profit. The same id again changes nothing. */
  moveFunds(input: MoveFunds, options?: CallOptions): Promise<void>;
  /** Values all that is due at the newest marks and adds to the equity. */
  markToMarket(input?: MarkToMarket, options?: CallOptions): Promise<Valued>;
  /** As last valued. */
  get(input?: GetPnl, options?: CallOptions): Promise<Pnl>;
  /** A page when awaited; all of them by `for await`. */
  listEquity(input?: ListEquity, options?: CallOptions): Listing<EquityPoint>;
}
