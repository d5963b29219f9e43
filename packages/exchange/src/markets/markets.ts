import {
  type CallOptions,
  type Decimal,
  type Listing,
  assetInput,
  decimal,
  idInput,
  nonNegativeAmount,
  pageFields,
  positiveAmount,
  symbolInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type MarketStatus, marketStatuses } from './market-states.ts';

/** An asset and the number of fraction digits of its ledger. */
export interface Asset {
  asset: string;
  scale: number;
  name?: string;
}

/** A pair that is traded, and the bounds of its orders. */
export interface Market {
  symbol: string;
  base: string;
  quote: string;
  /** Prices are multiples of it. */
  tickSize: Decimal;
  /** Quantities are multiples of it. */
  lotSize: Decimal;
  minNotional: Decimal;
  maxPrice: Decimal;
  maxQuantity: Decimal;
  /** The version of the fee schedule for orders placed from now on. */
  feeVersion: number;
  /** The account that gets the fees. */
  feeAccountId: string;
  status: MarketStatus;
  /** The number of the last accepted change of the book. */
  lastSequence: number;
  lastTradeSequence: number;
  lastPrice?: Decimal;
  version: number;
}

/** Rates of one tier as fractions of the quote quantity: `0.001` is ten basis points. */
export interface FeeRates {
  tier: string;
  maker: Decimal;
  taker: Decimal;
}

/** Immutable: its rates are frozen on each order that is placed under it. */
export interface FeeSchedule {
  version: number;
  tiers: FeeRates[];
}

const feeVersion = z.int().positive().max(2_147_483_647);

/** The same again answers what stands, another scale under the same code is a conflict. */
export const registerAsset = z.strictObject({
  asset: assetInput,
  scale: z.int().min(0).max(18),
  name: textInput(64).optional(),
});
export type RegisterAsset = z.input<typeof registerAsset>;

/**
 * Digits of the tick and of the lot together may not exceed the scale of the quote asset, so that price × quantity is exact.
 * Without `maxPrice` and `maxQuantity` the market takes the largest that the stores hold exactly.
 */
export const openMarket = z.strictObject({
  symbol: symbolInput.refine((symbol) => new Set(symbol.split('-')).size === 2, 'expected two different assets'),
  tickSize: positiveAmount,
  lotSize: positiveAmount,
  minNotional: nonNegativeAmount.default('0' as Decimal),
  maxPrice: positiveAmount.optional(),
  maxQuantity: positiveAmount.optional(),
  /** Version 1 is free of fees and stands in every schema. */
  feeVersion: feeVersion.default(1),
  /** `fees` stands in every schema. */
  feeAccountId: idInput.default('fees'),
  status: z.enum(['pre-open', 'open']).default('open'),
});
export type OpenMarket = z.input<typeof openMarket>;

/** What is left out stays as it is; working orders keep the fees they were placed under. */
export const changeMarket = z.strictObject({
  symbol: symbolInput,
  status: z.enum(marketStatuses).optional(),
  feeVersion: feeVersion.optional(),
  version: z.int().positive().optional(),
  reason: textInput(200).optional(),
});
export type ChangeMarket = z.input<typeof changeMarket>;

const rate = nonNegativeAmount.refine((text) => text === '0' || text.startsWith('0.'), 'expected a rate below 1');
/** All tiers of one version at once (1 is taken by the free one); the tier `standard` is the one that markets ask for. */
export const defineFees = z
  .strictObject({
    version: feeVersion,
    tiers: z
      .array(
        z
          .strictObject({ tier: textInput(64), maker: rate, taker: rate })
          .refine(({ maker, taker }) => decimal.compare(maker, taker) <= 0, {
            message: 'expected at most the rate of the taker',
            path: ['maker'],
          }),
      )
      .min(1)
      .max(100),
  })
  .refine(({ tiers }) => new Set(tiers.map(({ tier }) => tier)).size === tiers.length, {
    message: 'a tier is named twice',
    path: ['tiers'],
  });
export type DefineFees = z.input<typeof defineFees>;

/** In the order of their symbols. */
export const listMarkets = z.strictObject({
  base: assetInput.optional(),
  quote: assetInput.optional(),
  status: z.enum(marketStatuses).optional(),
  ...pageFields(symbolInput),
});
export type ListMarkets = z.input<typeof listMarkets>;

/** Codes with which markets refuse. */
export type MarketRefusal =
  | 'unknown-market'
  | 'unknown-asset'
  | 'unknown-fee-account'
  | 'unknown-fee-schedule'
  | 'id-conflict'
  | 'too-many-digits'
  | 'out-of-range'
  | 'stale-version'
  | 'illegal-transition';

/** Assets, markets and fee schedules. Errors are `not-found`, `conflict` or `invalid-input` with a `MarketRefusal` as code. */
export interface Markets {
  /** Registers an asset with its scale, the fraction digits it has; it never changes. */
  registerAsset(input: RegisterAsset, options?: CallOptions): Promise<Asset>;
  /** In the order of their codes. */
  listAssets(options?: CallOptions): Promise<Asset[]>;
  /** Opens a market of two assets under a fee schedule. Refused with `unknown-asset`, `unknown-fee-schedule`, `unknown-fee-account`. */
  open(input: OpenMarket, options?: CallOptions): Promise<Market>;
  /** Nothing where there is none. */
  find(symbol: string, options?: CallOptions): Promise<Market | undefined>;
  /** Refused as `not-found` where there is none. */
  get(symbol: string, options?: CallOptions): Promise<Market>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListMarkets, options?: CallOptions): Listing<Market>;
  /** A closed market stays closed. */
  change(input: ChangeMarket, options?: CallOptions): Promise<Market>;
  /** Publishes a fee schedule: shares of the quote amount by tier. A version never changes. */
  defineFees(input: DefineFees, options?: CallOptions): Promise<FeeSchedule>;
  /** Oldest version first. */
  listFees(options?: CallOptions): Promise<FeeSchedule[]>;
}
