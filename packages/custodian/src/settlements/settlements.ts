import {
  type CallOptions,
  type ConflictError,
  type Decimal,
  type Instant,
  type InvalidInputError,
  type Listing,
  type NotFoundError,
  assetInput,
  decimal,
  idInput,
  instantInput,
  pageFields,
  positiveAmount,
  testRunInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type Cycle, type Day, cycles } from '../calendars/calendars.ts';
import { type LegKind, type SettlementStatus, legKinds, settlementStatuses } from './settlement-states.ts';

/** One asset that changes hands. All legs of an instruction move together, each by the same part, or none does. */
export interface SettlementLeg {
  /** From 1, in the order given. */
  leg: number;
  kind: LegKind;
  from: string;
  to: string;
  asset: string;
  quantity: Decimal;
  settled: Decimal;
}

/** An instruction to settle: legs that move together, in equal lots. */
export interface Settlement {
  settlementId: string;
  /** Where what settles comes from, and its id there: a venue's events and the trade. */
  source: string;
  reference: string;
  tradedAt: Instant;
  cycle: Cycle;
  /** The business day on which it is to settle. */
  intendedDate: Day;
  /** From when it can. */
  dueAt: Instant;
  /** Until when it should: after this it is a fail. */
  cutsOffAt: Instant;
  /** 1 goes first, 9 last, among those of one date. */
  priority: number;
  onHold: boolean;
  delayedUntil?: Instant;
  /** In how many equal parts it may settle: 1 is all or nothing. */
  lots: number;
  settledLots: number;
  status: SettlementStatus;
  nettingBatchId?: string;
  legs: SettlementLeg[];
  registeredAt: Instant;
  closedAt?: Instant;
  version: number;
}

/** Why an instruction has not settled, or not wholly. */
export type WaitReason =
  | 'not-due'
  | 'on-hold'
  | 'delayed'
  | 'insufficient-holdings'
  | 'account-suspended'
  | 'account-closed'
  | 'out-of-range'
  | 'netted'
  | 'cancelled';

/** An instruction as processing left it; with the reason where something of it still waits. */
export interface SettlementResult extends Settlement {
  reason?: WaitReason;
}

const leg = z
  .strictObject({
    kind: z.enum(legKinds),
    from: idInput,
    to: idInput,
    asset: assetInput,
    quantity: positiveAmount,
  })
  .refine(({ from, to }) => from !== to, { message: 'expected another account', path: ['to'] });

/** One instruction. It is its source and reference: the same again goes on with it, with other content it is a conflict. */
export const processSettlement = z
  .strictObject({
    settlementId: idInput.optional(),
    source: idInput,
    reference: idInput,
    /** The adapter's clock where left out. */
    tradedAt: instantInput.optional(),
    cycle: z.literal(cycles),
    priority: z.int().min(1).max(9).default(5),
    onHold: z.boolean().default(false),
    lots: z.int().min(1).max(1_000_000).default(1),
    /** What is less than this of it does not move by itself, but for the last of it. */
    minimumLots: z.int().min(1).max(1_000_000).default(1),
    legs: z.array(leg).min(1).max(20),
  })
  .refine(({ lots, minimumLots }) => minimumLots <= lots, {
    message: 'expected at most as many as there are lots',
    path: ['minimumLots'],
  })
  .superRefine(({ lots, legs }, context) => {
    for (const [i, { quantity }] of legs.entries())
      if (lots > 1 && lotOf(quantity, lots) === undefined)
        context.addIssue({
          code: 'custom',
          message: 'expected a quantity that the lots divide to 18 fraction digits',
          path: ['legs', i, 'quantity'],
        });
  });
export type ProcessSettlement = z.input<typeof processSettlement>;

/** One lot of a quantity, or `undefined` where it has more than 18 fraction digits. */
export function lotOf(quantity: Decimal, lots: number): Decimal | undefined {
  if (lots === 1) return quantity;
  const lot = decimal.div(quantity, String(lots), 18, 'down');
  return decimal.compare(decimal.times(lot, String(lots)), quantity) === 0 && lot !== '0' ? lot : undefined;
}

/** With `version` a change is refused if the instruction was changed since. */
const changed = {
  settlementId: idInput,
  version: z.int().positive().optional(),
  reason: textInput(200).optional(),
};
export const changeSettlement = z.strictObject(changed);
export type ChangeSettlement = z.input<typeof changeSettlement>;
export const prioritizeSettlement = z.strictObject({ ...changed, priority: z.int().min(1).max(9) });
export type PrioritizeSettlement = z.input<typeof prioritizeSettlement>;
/** For a test run: a lower fence than was seen of it is refused. Without `until` the delay ends. */
export const delaySettlementLeg = z.strictObject({
  ...changed,
  leg: z.int().min(1).max(20),
  until: instantInput.optional(),
  ...testRunInput.shape,
});
export type DelaySettlementLeg = z.input<typeof delaySettlementLeg>;

export const settlementRef = z.strictObject({ source: idInput, reference: idInput });
export type SettlementRef = z.input<typeof settlementRef>;

const day = z.iso
  .date({ error: 'expected a day such as 2026-11-24' })
  .refine((text) => text >= '1900-01-01' && text <= '2999-12-31', 'expected a day of the years 1900 to 2999');

/** In the order of their intended dates, priorities and ids. */
export const listSettlements = z.strictObject({
  /** Those with a leg from or to this account. */
  accountId: idInput.optional(),
  source: idInput.optional(),
  status: z.array(z.enum(settlementStatuses)).min(1).max(6).optional(),
  nettingBatchId: idInput.optional(),
  /** Of the intended date: from this day on, and before that one. */
  from: day.optional(),
  to: day.optional(),
  ...pageFields(day, z.int().min(1).max(9), idInput),
});
export type ListSettlements = z.input<typeof listSettlements>;

/** What happened to a settlement. */
export type SettlementChange =
  | 'registered'
  | 'settled'
  | 'failed'
  | 'held'
  | 'released'
  | 'prioritized'
  | 'delayed'
  | 'cancelled'
  | 'netted'
  | 'unnetted';

/** One change of a settlement. */
export interface SettlementEvent {
  version: number;
  type: SettlementChange;
  status: SettlementStatus;
  settledLots: number;
  transactionId?: string;
  reason?: string;
  actor?: string;
  occurredAt: Instant;
}

export const settleDue = z.strictObject({ limit: z.int().min(1).max(1000).default(100) });
export type SettleDue = z.input<typeof settleDue>;

/** What one round over the queue did. */
export interface SettledDue {
  /** Those that were looked at: due, and not claimed by another. */
  claimed: string[];
  /** How many of them moved, wholly or in part. */
  moved: number;
}

/** The longest open first. */
export const listFails = z.strictObject({
  /** Those that have ended too. */
  ended: z.boolean().default(false),
  ...pageFields(instantInput, idInput),
});
export type ListFails = z.input<typeof listFails>;

/** A missed cut-off: open until the instruction settles or is cancelled. */
export interface SettlementFail {
  settlementId: string;
  intendedDate: Day;
  failedAt: Instant;
  reason: WaitReason;
  /** How often it was tried again since. */
  recycles: number;
  /** Business days since the intended date, in all of its calendars; of an ended fail until its end. */
  ageInBusinessDays: number;
  endedAt?: Instant;
}

/** Codes with which settlements refuse. */
export type SettlementRefusal =
  | 'unknown-settlement'
  | 'unknown-account'
  | 'unknown-leg'
  | 'id-conflict'
  | 'not-a-holder'
  | 'account-closed'
  | 'outside-calendar'
  | 'stale-version'
  | 'stale-fence'
  | 'settlement-closed';

/** One member's outcome of a batch. */
export type Outcome<T> =
  | { ok: true; value: T }
  | { ok: false; error: NotFoundError | InvalidInputError | ConflictError };

/**
 * Settlement instructions. The worker `settle-due` carries on what is due in business time, by date and priority, and fails what has
 * missed its cut-off. Errors are `not-found`, `conflict` or `invalid-input` with a `SettlementRefusal` as code.
 */
export interface Settlements {
  /** `processSettlement` for many, in their order, in one round trip, with one outcome each. */
  process(settlements: readonly ProcessSettlement[], options?: CallOptions): Promise<Outcome<SettlementResult>[]>;
  /** Nothing where there is none. */
  find(settlementId: string, options?: CallOptions): Promise<Settlement | undefined>;
  /** Refused as `not-found` where there is none. */
  get(settlementId: string, options?: CallOptions): Promise<Settlement>;
  /** Nothing where there is none. */
  findByReference(ref: SettlementRef, options?: CallOptions): Promise<Settlement | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListSettlements, options?: CallOptions): Listing<Settlement>;
  /** Oldest first. */
  listEvents(settlementId: string, options?: CallOptions): Promise<SettlementEvent[]>;
  /** On hold it does not settle; its cut-off stays. */
  hold(input: ChangeSettlement, options?: CallOptions): Promise<Settlement>;
  /** Lets a settlement that was held be settled when it is due. */
  release(input: ChangeSettlement, options?: CallOptions): Promise<Settlement>;
  /** Changes in which order what is due on one day is settled: the lowest number first. */
  prioritize(input: PrioritizeSettlement, options?: CallOptions): Promise<Settlement>;
  /** Ends what has not settled of it; what has stays. */
  cancel(input: ChangeSettlement, options?: CallOptions): Promise<Settlement>;
  /** Keeps one leg, and with it all of them, from settling until then. */
  delayLeg(input: DelaySettlementLeg, options?: CallOptions): Promise<Settlement>;
  /** What the worker does, once: for a service that runs without workers, or wants to know that nothing is left. */
  settleDue(input?: SettleDue, options?: CallOptions): Promise<SettledDue>;
  /** A page when awaited; all of them by `for await`. */
  listFails(input?: ListFails, options?: CallOptions): Listing<SettlementFail>;
}

/** What the adapter object itself does. */
export interface SettlementProcessing {
  /**
   * Registers the instruction where it is not there yet, finds its date, and carries it as far as it goes at this moment: settled,
   * settled in part, or waiting with a reason. Exactly once: repeated, after a lost reply or by two processes at once, it goes on where
   * it stands.
   */
  processSettlement(settlement: ProcessSettlement, options?: CallOptions): Promise<SettlementResult>;
}
