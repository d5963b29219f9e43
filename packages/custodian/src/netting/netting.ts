import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import type { Day } from '../calendars/calendars.ts';
import { type NettingStatus, nettingStatuses } from './netting-states.ts';

/** What an account gives (below zero) or gets of an asset. */
export interface NetObligation {
  accountId: string;
  asset: string;
  amount: Decimal;
}

/** Many instructions as one multilateral net: the obligations of an asset sum to zero. */
export interface NettingBatch {
  nettingBatchId: string;
  source: string;
  intendedDate: Day;
  /** Only what was traded before this is in it. */
  cutoffAt: Instant;
  /** Of the instructions and their versions as they were netted. */
  inputHash: string;
  instructions: number;
  dueAt: Instant;
  status: NettingStatus;
  obligations: NetObligation[];
  nettedAt: Instant;
  closedAt?: Instant;
  version: number;
}

const day = z.iso
  .date({ error: 'expected a day such as 2026-11-24' })
  .refine((text) => text >= '1900-01-01' && text <= '2999-12-31', 'expected a day of the years 1900 to 2999');

/** The same id with the same content answers the batch that stands. */
export const netSettlements = z.strictObject({
  nettingBatchId: idInput,
  source: idInput,
  intendedDate: day,
  cutoffAt: instantInput,
});
export type NetSettlements = z.input<typeof netSettlements>;

export const cancelNetting = z.strictObject({ nettingBatchId: idInput, reason: textInput(200).optional() });
export type CancelNetting = z.input<typeof cancelNetting>;

/** In the order of their ids. */
export const listNetting = z.strictObject({
  source: idInput.optional(),
  status: z.enum(nettingStatuses).optional(),
  ...pageFields(idInput),
});
export type ListNetting = z.input<typeof listNetting>;

/** Codes with which netting refuses. */
export type NettingRefusal =
  | 'unknown-batch'
  | 'id-conflict'
  | 'nothing-to-net'
  | 'not-due'
  | 'batch-settled'
  | 'batch-cancelled'
  | 'account-suspended'
  | 'account-closed'
  | 'insufficient-holdings'
  | 'out-of-range';

/**
 * Multilateral netting. The worker `settle-netting` settles open batches when they are due. Errors are `not-found` or `conflict` with a
 * `NettingRefusal` as code.
 */
export interface Netting {
  /** Nets what of a source is to settle on a date and has not begun to: from then on it settles with the batch alone. */
  net(input: NetSettlements, options?: CallOptions): Promise<NettingBatch>;
  /** Moves all obligations in one transaction and settles all instructions, or nothing; a second time answers the settled batch. */
  settle(nettingBatchId: string, options?: CallOptions): Promise<NettingBatch>;
  /** Gives the instructions back: each settles by itself again. */
  cancel(input: CancelNetting, options?: CallOptions): Promise<NettingBatch>;
  /** Nothing where there is none. */
  find(nettingBatchId: string, options?: CallOptions): Promise<NettingBatch | undefined>;
  /** Refused as `not-found` where there is none. */
  get(nettingBatchId: string, options?: CallOptions): Promise<NettingBatch>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListNetting, options?: CallOptions): Listing<NettingBatch>;
}
