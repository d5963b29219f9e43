import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  pageFields,
  positiveAmount,
  symbolInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type SignalAction, type SignalOutcome, signalActions, signalOutcomes } from './signal-states.ts';

/** What a strategy wanted, and what became of it. */
export interface Signal {
  id: string;
  deploymentId: string;
  symbol: string;
  /** Of the bar or price that it was made from. */
  barAt?: Instant;
  action: SignalAction;
  quantity?: Decimal;
  price?: Decimal;
  tag?: string;
  outcome: SignalOutcome;
  /** The code of what refused it. */
  reason?: string;
  riskCheckId?: string;
  version: number;
  signaledAt: Instant;
  decidedAt?: Instant;
}

const reason = z
  .string({ error: 'expected a code' })
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'expected a code such as limit-exceeded');

/** The same `signalId` with the same content answers the signal that stands; with other content it is a conflict. */
export const recordSignal = z
  .strictObject({
    signalId: idInput.optional(),
    deploymentId: idInput,
    epoch: z.int().nonnegative(),
    symbol: symbolInput,
    barAt: instantInput.optional(),
    action: z.enum(signalActions),
    quantity: positiveAmount.optional(),
    price: positiveAmount.optional(),
    tag: textInput(64).optional(),
    /** Where it is decided already. */
    outcome: z.enum(signalOutcomes).default('pending'),
    reason: reason.optional(),
    riskCheckId: idInput.optional(),
  })
  .refine(({ outcome, reason: why }) => outcome !== 'rejected' || why !== undefined, {
    message: 'expected for a rejected signal',
    path: ['reason'],
  });
export type RecordSignal = z.input<typeof recordSignal>;

export const decideSignal = z
  .strictObject({
    signalId: idInput,
    outcome: z.enum(['accepted', 'rejected', 'expired']),
    reason: reason.optional(),
    riskCheckId: idInput.optional(),
  })
  .refine(({ outcome, reason: why }) => outcome !== 'rejected' || why !== undefined, {
    message: 'expected for a rejected signal',
    path: ['reason'],
  });
export type DecideSignal = z.input<typeof decideSignal>;

/** Oldest first. */
export const listSignals = z.strictObject({
  deploymentId: idInput,
  symbol: symbolInput.optional(),
  outcome: z.enum(signalOutcomes).optional(),
  reason: reason.optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListSignals = z.input<typeof listSignals>;

/** How many of a deployment's signals ended how, and why. */
export interface SignalCount {
  outcome: SignalOutcome;
  reason?: string;
  signals: number;
}

/** Codes with which signals refuse. */
export type SignalRefusal =
  | 'unknown-signal'
  | 'unknown-deployment'
  | 'id-conflict'
  | 'stale-epoch'
  | 'deployment-stopped'
  | 'already-decided';

/** The signals of strategies; refused ones are kept with the code of what refused. Errors are `not-found` or `conflict` with a `SignalRefusal`. */
export interface Signals {
  /** Keeps a signal of a strategy, once by its id; it is decided later. Refused with `stale-epoch`. */
  record(input: RecordSignal, options?: CallOptions): Promise<Signal>;
  /** Once: the same again is the same, another decision a conflict. */
  decide(input: DecideSignal, options?: CallOptions): Promise<Signal>;
  /** Nothing where there is none. */
  find(signalId: string, options?: CallOptions): Promise<Signal | undefined>;
  /** Refused as `not-found` where there is none. */
  get(signalId: string, options?: CallOptions): Promise<Signal>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListSignals, options?: CallOptions): Listing<Signal>;
  /** Signals of a deployment, by action and outcome. */
  count(deploymentId: string, options?: CallOptions): Promise<SignalCount[]>;
}
