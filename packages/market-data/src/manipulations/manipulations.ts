import {
  type CallOptions,
  type Instant,
  type Listing,
  anyAmount,
  bothOrNeither,
  bothOrNeitherIssue,
  idInput,
  instantInput,
  pageFields,
  symbolInput,
  testRunFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type ManipulationState, manipulationStates } from './manipulation-states.ts';
import type { EffectiveModifier, Modifier } from './modifiers.ts';

export const manipulationKinds = [
  'price-shift',
  'pump-and-dump',
  'flash-crash',
  'spoofing',
  'layering',
  'wash-trading',
  'spread-widening',
  'liquidity-drain',
  'volatility-spike',
  'stale-feed',
] as const;
/** What a manipulation does to the data. */
export type ManipulationKind = (typeof manipulationKinds)[number];

/** Something done to the market data of a symbol on purpose. It has effect while it is active, and not beyond its end. */
export interface Manipulation {
  manipulationId: string;
  symbol: string;
  kind: ManipulationKind;
  modifier: Modifier;
  /** From then on it has no effect; the worker `end-manipulations` recovers it. */
  endsAt?: Instant;
  state: ManipulationState;
  run?: string;
  fence?: number;
  version: number;
  plannedAt: Instant;
  changedAt: Instant;
}

/** One step of its history, which is never changed. */
export interface ManipulationTransition {
  version: number;
  from?: ManipulationState;
  to: ManipulationState;
  cause?: string;
  actor?: string;
  fence?: number;
  at: Instant;
}

/** A manipulation in force. */
export interface ActiveManipulation {
  manipulationId: string;
  kind: ManipulationKind;
  modifier: Modifier;
  since: Instant;
  endsAt?: Instant;
}

/** What is done to a symbol at a moment, by which manipulations. */
export interface ManipulationEffect {
  symbol: string;
  at: Instant;
  modifier: EffectiveModifier;
  manipulations: ActiveManipulation[];
}

const shift = (lowest: number) => z.int().min(lowest).max(1_000_000).optional();
const modifier = z
  .strictObject({
    priceShiftBps: shift(-9_999),
    priceOffset: anyAmount.optional(),
    spreadShiftBps: shift(-10_000),
    volumeShiftBps: shift(-10_000),
    volatilityShiftBps: shift(-10_000),
    frozen: z.boolean().optional(),
  })
  .refine((given) => Object.keys(given).length > 0, 'expected at least one effect');

/** Of one kind at most one is on its way, active or paused for a symbol at a time; any number may be planned. */
export const planManipulation = z
  .strictObject({
    manipulationId: idInput,
    symbol: symbolInput,
    kind: z.enum(manipulationKinds),
    modifier,
    endsAt: instantInput.optional(),
    cause: textInput(200).optional(),
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue);
export type PlanManipulation = z.input<typeof planManipulation>;

/** Without `at` the step is taken now. */
export const changeManipulation = z
  .strictObject({
    manipulationId: idInput,
    cause: textInput(200).optional(),
    at: instantInput.optional(),
    version: z.int().min(1).optional(),
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue);
export type ChangeManipulation = z.input<typeof changeManipulation>;

/** In the order of their ids. */
export const listManipulations = z.strictObject({
  symbol: symbolInput.optional(),
  kind: z.enum(manipulationKinds).optional(),
  state: z.enum(manipulationStates).optional(),
  run: idInput.optional(),
  ...pageFields(idInput),
});
export type ListManipulations = z.input<typeof listManipulations>;

/** Without `at` as it is now, from Redis; with it as it was then, from the history. */
export const getEffect = z.strictObject({ symbol: symbolInput, at: instantInput.optional() });
export type GetEffect = z.input<typeof getEffect>;

/** Codes with which manipulations refuse. */
export type ManipulationRefusal =
  | 'unknown-manipulation'
  | 'unknown-instrument'
  | 'id-conflict'
  | 'stale-version'
  | 'illegal-transition'
  | 'out-of-order'
  | 'already-ended'
  | 'already-manipulated'
  | 'stale-fence'
  | 'fence-required';

/**
 * Price manipulation and its true state at any moment: what detectors are scored against. A step that was taken already is answered as it
 * is. Errors carry a `ManipulationRefusal` as code.
 */
export interface Manipulations {
  /**
   * Plans a manipulation. Refused with `already-manipulated` where another one works on the symbol then, with `stale-fence` of an older
   * run.
   */
  plan(input: PlanManipulation, options?: CallOptions): Promise<Manipulation>;
  /** It is being put in; from now on it is the one of its kind. */
  inject(input: ChangeManipulation, options?: CallOptions): Promise<Manipulation>;
  /** It has effect: after it was put in, or again after a pause. */
  activate(input: ChangeManipulation, options?: CallOptions): Promise<Manipulation>;
  /** Stops its effect until it is resumed. Refused with `illegal-transition`. */
  pause(input: ChangeManipulation, options?: CallOptions): Promise<Manipulation>;
  /** It is over, or called off. */
  recover(input: ChangeManipulation, options?: CallOptions): Promise<Manipulation>;
  /** Nothing where there is none. */
  find(manipulationId: string, options?: CallOptions): Promise<Manipulation | undefined>;
  /** Refused as `not-found` where there is none. */
  get(manipulationId: string, options?: CallOptions): Promise<Manipulation>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListManipulations, options?: CallOptions): Listing<Manipulation>;
  /** All of them. */
  listTransitions(manipulationId: string, options?: CallOptions): Promise<ManipulationTransition[]>;
  /** What it does to its symbol at present. */
  getEffect(input: GetEffect, options?: CallOptions): Promise<ManipulationEffect>;
}
