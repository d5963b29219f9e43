import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  assetInput,
  idInput,
  instantInput,
  pageFields,
  positiveAmount,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { accountFields } from '../accounts/account-ref.ts';

export const holdKinds = ['in-order', 'in-withdrawal', 'in-settlement', 'manual'] as const;
export const holdStates = ['open', 'captured', 'released', 'expired'] as const;
/** What funds are set aside for. */
export type HoldKind = (typeof holdKinds)[number];
/** `captured`: what was held has moved. */
export type HoldState = (typeof holdStates)[number];

/** Funds set aside: what is neither captured nor released yet is held. A closed hold says by what it was closed. */
export interface Hold {
  /** Kind and reference: `in-withdrawal:transfer-17`. */
  holdId: string;
  kind: HoldKind;
  reference: string;
  accountId: string;
  asset: string;
  amount: Decimal;
  captured: Decimal;
  released: Decimal;
  state: HoldState;
  expiresAt?: Instant;
  placedAt: Instant;
  closedAt?: Instant;
}

/** Orders place their own holds; these are the others. `reference` is unique within the kind: what the funds are held for. */
export const placeHold = z.strictObject({
  kind: z.enum(['in-withdrawal', 'in-settlement', 'manual']),
  reference: idInput,
  ...accountFields,
  asset: assetInput,
  amount: positiveAmount,
  expiresAt: instantInput.optional(),
});
export type PlaceHold = z.input<typeof placeHold>;

const holdId = textInput(96);
export const releaseHold = z.strictObject({ ...accountFields, holdId });
export type ReleaseHold = z.input<typeof releaseHold>;
/** Without `expiresAt` the hold no longer expires. */
export const extendHold = z.strictObject({ ...accountFields, holdId, expiresAt: instantInput.optional() });
export type ExtendHold = z.input<typeof extendHold>;

/** In the order of their ids. */
export const listHolds = z.strictObject({
  ...accountFields,
  kind: z.enum(holdKinds).optional(),
  state: z.enum(holdStates).optional(),
  ...pageFields(holdId),
});
export type ListHolds = z.input<typeof listHolds>;

/** Codes with which holds refuse. */
export type HoldRefusal =
  | 'unknown-hold'
  | 'unknown-account'
  | 'unknown-asset'
  | 'id-conflict'
  | 'insufficient-funds'
  | 'not-a-customer'
  | 'account-closed'
  | 'account-suspended'
  | 'too-many-digits'
  | 'already-expired'
  | 'hold-closed';

/**
 * Funds set aside for a purpose: paid out by a withdrawal of the ledger, released, or expired by the worker `expire-holds` in business
 * time. Errors are `not-found`, `conflict` or `invalid-input` with a `HoldRefusal` as code.
 */
export interface Holds {
  /** Sets funds aside until they are released, used, or expire in business time. Refused with `insufficient-funds`. */
  place(input: PlaceHold, options?: CallOptions): Promise<Hold>;
  /** Gives back all that remains; a second time answers the released hold. */
  release(input: ReleaseHold, options?: CallOptions): Promise<Hold>;
  /** Gives a hold another end, or none. Refused with `hold-closed`. */
  extend(input: ExtendHold, options?: CallOptions): Promise<Hold>;
  /** Nothing where there is none. */
  find(holdId: string, options?: CallOptions): Promise<Hold | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListHolds, options?: CallOptions): Listing<Hold>;
}
