import {
  type CallOptions,
  type Instant,
  type Listing,
  durationInput,
  idInput,
  instantInput,
  jsonObjectInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { statistic } from '../performance/performance.ts';
import type { Direction } from './pareto.ts';
import type { ParityRow } from './parity.ts';
import { type TrialState, trialStates } from './trial-states.ts';

/** A search for the parameters of a strategy. */
export interface Study {
  id: string;
  strategyId: string;
  name: string;
  objectives: { name: string; direction: Direction }[];
  status: 'open' | 'closed';
  trials: number;
  version: number;
  createdAt: Instant;
}

/** One set of parameters of a study, and what it gave. */
export interface Trial {
  studyId: string;
  n: number;
  params: Record<string, unknown>;
  state: TrialState;
  worker?: string;
  claim: number;
  /** The database's time. */
  claimedUntil?: Instant;
  /** In the order of the study's objectives. */
  objectives?: number[];
  backtestId?: string;
  error?: string;
  endedAt?: Instant;
}

/** A trial that the caller works on until its claim runs out. */
export interface ClaimedTrial {
  studyId: string;
  n: number;
  params: Record<string, unknown>;
  claim: number;
}

/** How far a deployment did live what a backtest of the same time did. */
export interface ParityRun {
  parityId: string;
  deploymentId: string;
  backtestId: string;
  from: Instant;
  to: Instant;
  toleranceMs: number;
  live: number;
  backtested: number;
  /** Pairs of the same quantity. */
  matched: number;
  /** Matched of all decisions of either side; absent where there was none. */
  matchRate?: number;
  rows: ParityRow[];
  comparedAt: Instant;
}

const n = z
  .int()
  .positive()
  .max(2 ** 31 - 1);
const code = z
  .string({ error: 'expected a name' })
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'expected a name such as sharpe');
const params = jsonObjectInput(16_384);

/** The same `studyId` with the same content answers the study that stands; with other content it is a conflict. */
export const createStudy = z.strictObject({
  studyId: idInput.optional(),
  strategyId: idInput,
  name: textInput(200),
  objectives: z
    .array(z.strictObject({ name: code, direction: z.enum(['maximize', 'minimize']) }))
    .min(1)
    .max(8)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'expected each name once'),
});
export type CreateStudy = z.input<typeof createStudy>;

export const addTrials = z.strictObject({ studyId: idInput, params: z.array(params).min(1).max(1000) });
export type AddTrials = z.input<typeof addTrials>;

export const claimTrial = z.strictObject({
  studyId: idInput,
  worker: idInput,
  ttl: durationInput.refine((ms) => ms > 0 && ms <= 86_400_000, 'expected up to a day').default(600_000),
});
export type ClaimTrial = z.input<typeof claimTrial>;

const claimed = { studyId: idInput, n, claim: z.int().positive() };
export const completeTrial = z.strictObject({
  ...claimed,
  objectives: z.array(statistic).min(1).max(8),
  backtestId: idInput.optional(),
});
export type CompleteTrial = z.input<typeof completeTrial>;
export const failTrial = z.strictObject({ ...claimed, error: textInput(1000) });
export type FailTrial = z.input<typeof failTrial>;

/** In the order of their ids. */
export const listStudies = z.strictObject({ strategyId: idInput.optional(), ...pageFields(idInput) });
export type ListStudies = z.input<typeof listStudies>;
export const listTrials = z.strictObject({
  studyId: idInput,
  state: z.enum(trialStates).optional(),
  ...pageFields(n),
});
export type ListTrials = z.input<typeof listTrials>;

/** A live order and one of the backtest are a pair when they are of one market and side and their times differ by `tolerance` at most. */
export const compareParity = z
  .strictObject({
    parityId: idInput,
    deploymentId: idInput,
    backtestId: idInput,
    from: instantInput,
    to: instantInput,
    tolerance: durationInput.default(60_000),
  })
  .refine(({ from, to }) => from < to, { message: 'expected an instant after from', path: ['to'] });
export type CompareParity = z.input<typeof compareParity>;

/** Codes with which studies refuse. */
export type StudyRefusal =
  | 'unknown-study'
  | 'unknown-strategy'
  | 'unknown-trial'
  | 'unknown-backtest'
  | 'unknown-deployment'
  | 'unknown-parity'
  | 'id-conflict'
  | 'study-closed'
  | 'stale-claim'
  | 'illegal-transition'
  | 'wrong-objectives'
  | 'too-many-decisions';

/** Optimisation studies, and how live and backtest agree. Errors carry a `StudyRefusal` as code. */
export interface Studies {
  /** Opens a study: a space of parameters and the objectives that trials are compared by. */
  create(input: CreateStudy, options?: CallOptions): Promise<Study>;
  /** No more trials are added or claimed. */
  close(studyId: string, options?: CallOptions): Promise<Study>;
  /** Nothing where there is none. */
  find(studyId: string, options?: CallOptions): Promise<Study | undefined>;
  /** Refused as `not-found` where there is none. */
  get(studyId: string, options?: CallOptions): Promise<Study>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListStudies, options?: CallOptions): Listing<Study>;
  /** Answers the number of each; parameters that are there keep theirs. */
  addTrials(input: AddTrials, options?: CallOptions): Promise<{ n: number; isNew: boolean }[]>;
  /** The first that waits, or whose claim has run out; `undefined` where there is none. Two callers never get the same. */
  claim(input: ClaimTrial, options?: CallOptions): Promise<ClaimedTrial | undefined>;
  /** Under the claim it was got with: an older one is refused. */
  complete(input: CompleteTrial, options?: CallOptions): Promise<Trial>;
  /** Ends a trial that could not be completed. Refused with `stale-claim` where another worker has it. */
  fail(input: FailTrial, options?: CallOptions): Promise<Trial>;
  /** A page when awaited; all of them by `for await`. */
  listTrials(input: ListTrials, options?: CallOptions): Listing<Trial>;
  /** The completed trials that no other beats in all objectives. */
  front(studyId: string, options?: CallOptions): Promise<Trial[]>;
  /** Compares what a live deployment decided with what a backtest of the same time did. */
  compareParity(input: CompareParity, options?: CallOptions): Promise<ParityRun>;
  /** Refused as `not-found` where there is none. */
  getParity(parityId: string, options?: CallOptions): Promise<ParityRun>;
}
