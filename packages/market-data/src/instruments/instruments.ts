import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  assetInput,
  decimal,
  nonNegativeAmount,
  pageFields,
  positiveAmount,
  symbolInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type InstrumentStatus, instrumentStatuses } from './instrument-states.ts';

/** What is traded, and how exactly its prices and quantities are told. */
export interface Instrument {
  symbol: string;
  base: string;
  quote: string;
  /** The smallest step of a price. */
  tickSize: Decimal;
  /** The smallest step of a quantity. */
  stepSize: Decimal;
  /** Fraction digits of a price: those of the tick. */
  priceScale: number;
  /** Fraction digits of a quantity: those of the step. */
  quantityScale: number;
  minNotional: Decimal;
  name?: string;
  status: InstrumentStatus;
  version: number;
  registeredAt: Instant;
}

/** One change of an instrument's status. */
export interface InstrumentStatusChange {
  symbol: string;
  version: number;
  previousStatus?: InstrumentStatus;
  status: InstrumentStatus;
  reason?: string;
  actor?: string;
  occurredAt: Instant;
}

/**
 * The terms are fixed for good: the same again answers what stands, others under the same symbol are a conflict. Digits of the tick
 * and of the step together are 18 at most, so that price × quantity is exact.
 */
export const registerInstrument = z
  .strictObject({
    symbol: symbolInput.refine((symbol) => new Set(symbol.split('-')).size === 2, 'expected two different assets'),
    tickSize: positiveAmount,
    stepSize: positiveAmount,
    minNotional: nonNegativeAmount.default('0' as Decimal),
    name: textInput(64).optional(),
    /** The status it begins with. */
    status: z.enum(['active', 'inactive']).default('active'),
  })
  .refine(({ tickSize, stepSize }) => decimal.scale(tickSize) + decimal.scale(stepSize) <= 18, {
    message: 'expected at most 18 fraction digits together with those of the step',
    path: ['tickSize'],
  });
/** A symbol with the steps of its prices and quantities. */
export type RegisterInstrument = z.input<typeof registerInstrument>;

export const changeInstrumentStatus = z.strictObject({
  symbol: symbolInput,
  status: z.enum(instrumentStatuses),
  /** Refused where the instrument has another version meanwhile. */
  version: z.int().positive().optional(),
  reason: textInput(200).optional(),
});
/** The new status of an instrument, and why. */
export type ChangeInstrumentStatus = z.input<typeof changeInstrumentStatus>;

/** In the order of their symbols. */
export const listInstruments = z.strictObject({
  base: assetInput.optional(),
  quote: assetInput.optional(),
  status: z.enum(instrumentStatuses).optional(),
  ...pageFields(symbolInput),
});
/** Instruments by status, in the order of their symbols. */
export type ListInstruments = z.input<typeof listInstruments>;

/** Codes with which instruments refuse. */
export type InstrumentRefusal =
  | 'unknown-instrument'
  | 'id-conflict'
  | 'too-many-digits'
  | 'stale-version'
  | 'illegal-transition';

/** What is traded. Errors are `not-found`, `conflict` or `invalid-input` with an `InstrumentRefusal` as code. */
export interface Instruments {
  /** Registers an instrument; the same again answers the first, other content is `id-conflict`. */
  register(input: RegisterInstrument, options?: CallOptions): Promise<Instrument>;
  /** Nothing where there is none. */
  find(symbol: string, options?: CallOptions): Promise<Instrument | undefined>;
  /** Refused as `not-found` where there is none. */
  get(symbol: string, options?: CallOptions): Promise<Instrument>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListInstruments, options?: CallOptions): Listing<Instrument>;
  /** Changes its status. Refused with `illegal-transition`, `stale-version`. */
  changeStatus(input: ChangeInstrumentStatus, options?: CallOptions): Promise<Instrument>;
  /** Oldest first. */
  listStatusChanges(symbol: string, options?: CallOptions): Promise<InstrumentStatusChange[]>;
}
