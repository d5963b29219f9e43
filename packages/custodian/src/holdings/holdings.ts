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
  positiveAmount,
  textInput,
} from '@tse/core';
import { z } from 'zod';

/** What an account has of an asset: `settled` is here, `reserved` of it is set aside, `available` is free. */
export interface Holding {
  accountId: string;
  asset: string;
  settled: Decimal;
  reserved: Decimal;
  available: Decimal;
  version: number;
}

/** What an account and all below it have of an asset together. */
export type HoldingTotal = Omit<Holding, 'version'>;

/** A settled holding as it was; `final` once nothing can be recorded before that moment any more. */
export interface PastHolding {
  accountId: string;
  asset: string;
  settled: Decimal;
  at: Instant;
  final: boolean;
}

export const movementKinds = ['settlement', 'netting', 'transfer', 'adjustment'] as const;
/** What moved a holding. */
export type MovementKind = (typeof movementKinds)[number];

/** One signed line of a transaction; the lines of an asset sum to zero. */
export interface Movement {
  accountId: string;
  asset: string;
  amount: Decimal;
  /** The settled holding after it. */
  holdingAfter: Decimal;
}

/** Movements that were booked together; they sum to zero for each asset. */
export interface MovementTransaction {
  /** Kind and reference: `transfer:t-17`. */
  transactionId: string;
  kind: MovementKind;
  reference: string;
  effectiveAt: Instant;
  recordedAt: Instant;
  reason?: string;
  movements: Movement[];
}

/** A movement as the statement of an account shows it. */
export interface StatementMovement extends Movement {
  transactionId: string;
  line: number;
  recordedAt: Instant;
}

export const reservationKinds = ['settlement', 'transfer', 'multisig', 'manual'] as const;
export const reservationStates = ['open', 'used', 'released'] as const;
/** What a reservation is for. */
export type ReservationKind = (typeof reservationKinds)[number];
/** `used`: what was reserved has moved. */
export type ReservationState = (typeof reservationStates)[number];

/** A part of one holding set aside: what is neither used nor released yet is reserved. A closed one says by what it was closed. */
export interface Reservation {
  /** Kind and reference: `transfer:t-17`. */
  reservationId: string;
  kind: ReservationKind;
  reference: string;
  accountId: string;
  asset: string;
  amount: Decimal;
  used: Decimal;
  released: Decimal;
  state: ReservationState;
  madeAt: Instant;
  closedAt?: Instant;
}

const holding = { accountId: idInput, asset: assetInput };
export const getHolding = z.strictObject(holding);
export type GetHolding = z.input<typeof getHolding>;
export const getHoldingAt = z.strictObject({ ...holding, at: instantInput });
export type GetHoldingAt = z.input<typeof getHoldingAt>;

const lineAmount = anyAmount.refine((amount) => amount !== '0', 'expected an amount other than zero');
/** Any lines that sum to zero for each asset: opening holdings against an external account, corrections. */
export const adjustHoldings = z.strictObject({
  /** The id with which a lost booking is repeated: the first one is answered. */
  reference: idInput,
  movements: z
    .array(z.strictObject({ ...holding, amount: lineAmount }))
    .min(2)
    .max(100),
  reason: textInput(200),
  /** When it takes effect; the adapter's clock where left out. */
  at: instantInput.optional(),
});
export type AdjustHoldings = z.input<typeof adjustHoldings>;

/** Settlements, transfers and wallets make their own reservations; this one is by hand. */
export const reserveHolding = z.strictObject({ reference: idInput, ...holding, amount: positiveAmount });
export type ReserveHolding = z.input<typeof reserveHolding>;
const reservationId = textInput(96);
export const releaseReservation = z.strictObject({ reservationId });
export type ReleaseReservation = z.input<typeof releaseReservation>;

/** An account's reservations, in the order of their ids. */
export const listReservations = z.strictObject({
  accountId: idInput,
  asset: assetInput.optional(),
  state: z.enum(reservationStates).optional(),
  ...pageFields(reservationId),
});
export type ListReservations = z.input<typeof listReservations>;

/** An account's movements of one asset, oldest first. */
export const listMovements = z.strictObject({
  ...holding,
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, z.int()),
});
export type ListMovements = z.input<typeof listMovements>;

/** Codes with which holdings refuse. */
export type HoldingRefusal =
  | 'unknown-account'
  | 'unknown-transaction'
  | 'unknown-reservation'
  | 'id-conflict'
  | 'not-a-holder'
  | 'account-closed'
  | 'account-suspended'
  | 'unbalanced'
  | 'zero-amount'
  | 'insufficient-holdings'
  | 'out-of-range'
  | 'reservation-closed'
  | 'reservation-exceeded';

/**
 * What every account holds, and each movement that made it so: they sum to zero for each asset and are never changed. One client's
 * holding never pays for another's. Errors are `not-found`, `conflict` or `invalid-input` with a `HoldingRefusal` as code.
 */
export interface Holdings {
  /** Every asset that the account itself ever had, in the order of their codes. */
  list(accountId: string, options?: CallOptions): Promise<Holding[]>;
  /** Zero where nothing ever moved. */
  get(input: GetHolding, options?: CallOptions): Promise<Holding>;
  /** The settled holding as of a moment of recording. */
  getAt(input: GetHoldingAt, options?: CallOptions): Promise<PastHolding>;
  /** What the account and all below it hold: the holding of an omnibus account is the sum of its clients'. */
  total(accountId: string, options?: CallOptions): Promise<HoldingTotal[]>;
  /** A page when awaited; all of them by `for await`. */
  listMovements(input: ListMovements, options?: CallOptions): Listing<StatementMovement>;
  /** Books movements that sum to zero for each asset, by hand and with a reason. Refused with `unbalanced`, `insufficient-holdings`. */
  adjust(input: AdjustHoldings, options?: CallOptions): Promise<MovementTransaction>;
  /** The movements of a reference; nothing where there are none. */
  findTransaction(transactionId: string, options?: CallOptions): Promise<MovementTransaction | undefined>;
  /** Sets a part of one holding aside, of kind `manual`. */
  reserve(input: ReserveHolding, options?: CallOptions): Promise<Reservation>;
  /** Gives all that remains of a `manual` reservation back; a second time answers the released one. */
  release(input: ReleaseReservation, options?: CallOptions): Promise<Reservation>;
  /** Nothing where there is none. */
  findReservation(reservationId: string, options?: CallOptions): Promise<Reservation | undefined>;
  /** A page when awaited; all of them by `for await`. */
  listReservations(input: ListReservations, options?: CallOptions): Listing<Reservation>;
}
