import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  anyAmount,
  bothOrNeither,
  bothOrNeitherIssue,
  decimal,
  idInput,
  instantInput,
  pageFields,
  positiveAmount,
  symbolInput,
  testRunFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type ScenarioRunState, scenarioRunStates } from './scenario-run-states.ts';
import type { ScenarioRefusal } from './scenarios.ts';

/** One seeded run of a version of a scenario, or a fork of another run. */
export interface ScenarioRun {
  scenarioRunId: string;
  scenarioId: string;
  scenarioVersion: number;
  seed: string;
  parentRunId?: string;
  /** The last move that it shares with its parent. */
  forkSequence?: number;
  state: ScenarioRunState;
  reason?: string;
  /** Of its last move, those of its ancestors counted. */
  lastSequence: number;
  /** Of all moves so far (sequence, symbol, price): runs that moved alike have the same one. */
  priceHash: string;
  /** Where each symbol stands. */
  prices: Readonly<Record<string, Decimal>>;
  run?: string;
  fence?: number;
  version: number;
  startedAt: Instant;
  changedAt: Instant;
}

export const causeKinds = [
  'drift',
  'noise',
  'jump',
  'reversion',
  'scenario',
  'correlation',
  'manipulation',
  'trade',
] as const;
/** What moved a price. */
export type CauseKind = (typeof causeKinds)[number];

/** Why a price moved, by how much of the move. */
export interface PriceCause {
  kind: CauseKind;
  /** The manipulation, trade or phase of the scenario that it was. */
  causeId?: string;
  delta: Decimal;
}

/** One move of a symbol's price with its true causes: their deltas add up to it, to the last digit. */
export interface PriceMove {
  sequence: number;
  symbol: string;
  from: Decimal;
  to: Decimal;
  causes: PriceCause[];
  at: Instant;
}

/** Where a run can be forked or gone on from: the state of its generator. */
export interface Checkpoint {
  sequence: number;
  /** The generator's own text. */
  randomState: string;
}

const seed = textInput(64);
const version = z.int().min(1).max(1_000_000);
const sequence = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** Without a version the active one. */
export const startScenarioRun = z
  .strictObject({
    scenarioRunId: idInput,
    scenarioId: idInput,
    version: version.optional(),
    seed,
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue);
export type StartScenarioRun = z.input<typeof startScenarioRun>;

/** Goes on from a run as it was after a move; without a seed with that of its parent. */
export const forkScenarioRun = z
  .strictObject({
    scenarioRunId: idInput,
    parentRunId: idInput,
    forkSequence: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
    seed: seed.optional(),
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue);
export type ForkScenarioRun = z.input<typeof forkScenarioRun>;

export const changeScenarioRun = z
  .strictObject({
    scenarioRunId: idInput,
    state: z.enum(scenarioRunStates),
    reason: textInput(200).optional(),
    version: z.int().min(1).optional(),
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue);
export type ChangeScenarioRun = z.input<typeof changeScenarioRun>;

const cause = z.strictObject({
  kind: z.enum(causeKinds),
  causeId: idInput.optional(),
  delta: anyAmount.refine((delta) => delta !== '0', 'expected a delta that is not zero'),
});

const move = z
  .strictObject({
    symbol: symbolInput,
    from: positiveAmount,
    to: positiveAmount,
    causes: z.array(cause).max(32),
    at: instantInput,
  })
  .refine(({ from, to, causes }) => explains(from, to, causes), {
    path: ['causes'],
    error: 'expected deltas that add up to the move',
  });

function explains(from: Decimal, to: Decimal, causes: readonly { delta: Decimal }[]): boolean {
  try {
    return decimal.sum(causes.map(({ delta }) => delta)) === decimal.minus(to, from);
  } catch {
    return false; // more digits than an amount has
  }
}

/** The next moves of a run, in their sequence. `randomState` is the generator's after the last of them. */
export const recordMoves = z
  .strictObject({
    scenarioRunId: idInput,
    firstSequence: sequence,
    moves: z.array(move).min(1).max(5000),
    randomState: textInput(8192).optional(),
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue);
export type RecordMoves = z.input<typeof recordMoves>;

/** By id, newest UUIDs last. */
export const listScenarioRuns = z.strictObject({
  scenarioId: idInput.optional(),
  state: z.enum(scenarioRunStates).optional(),
  run: idInput.optional(),
  ...pageFields(idInput),
});
export type ListScenarioRuns = z.input<typeof listScenarioRuns>;

/** In sequence; those before a fork are the parent's. */
export const listMoves = z.strictObject({
  scenarioRunId: idInput,
  symbol: symbolInput.optional(),
  afterSequence: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  ...pageFields(sequence),
});
export type ListMoves = z.input<typeof listMoves>;

/** The last checkpoint that is not after the move. */
export const findCheckpoint = z.strictObject({ scenarioRunId: idInput, sequence: sequence.optional() });
export type FindCheckpoint = z.input<typeof findCheckpoint>;

/** Codes with which runs of scenarios refuse. */
export type ScenarioRunRefusal =
  | ScenarioRefusal
  | 'unknown-scenario-run'
  | 'unknown-parent-run'
  | 'unknown-scenario-symbol'
  | 'fork-ahead'
  | 'stale-version'
  | 'illegal-transition'
  | 'run-not-running'
  | 'sequence-gap'
  | 'price-break'
  | 'causes-do-not-add-up'
  | 'stale-fence'
  | 'fence-required';

/**
 * Runs of price scenarios: seeded, so that the same seed and version move alike, forked at any move, and with the true cause of each
 * move. Errors carry a `ScenarioRunRefusal` as code.
 */
export interface ScenarioRuns {
  /** Starts a run of a scenario's version from a seed; the same seed makes the same prices. Refused with `unknown-scenario-version`. */
  start(input: StartScenarioRun, options?: CallOptions): Promise<ScenarioRun>;
  /** Starts a run that shares the past of another up to a step. Refused with `fork-ahead` where it has not come so far. */
  fork(input: ForkScenarioRun, options?: CallOptions): Promise<ScenarioRun>;
  /** Pauses, resumes or ends it. */
  change(input: ChangeScenarioRun, options?: CallOptions): Promise<ScenarioRun>;
  /** All of the moves or none. The same moves again answer as the first time. */
  record(input: RecordMoves, options?: CallOptions): Promise<ScenarioRun>;
  /** Nothing where there is none. */
  find(scenarioRunId: string, options?: CallOptions): Promise<ScenarioRun | undefined>;
  /** Refused as `not-found` where there is none. */
  get(scenarioRunId: string, options?: CallOptions): Promise<ScenarioRun>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListScenarioRuns, options?: CallOptions): Listing<ScenarioRun>;
  /** A page when awaited; all of them by `for await`. */
  listMoves(input: ListMoves, options?: CallOptions): Listing<PriceMove>;
  /** Nothing where there is none. */
  findCheckpoint(input: FindCheckpoint, options?: CallOptions): Promise<Checkpoint | undefined>;
}
