import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  anyAmount,
  assetInput,
  idInput,
  instantInput,
  nonNegativeAmount,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { waitInput } from '../approvals/approval-terms.ts';
import { movementKinds } from '../holdings/holdings.ts';
import { type BreakKind, type BreakState, breakKinds, breakStates } from './break-states.ts';
import type { Found } from './match-leftovers.ts';

const YEAR_MS = 366 * 86_400_000;

const some = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .min(1)
    .max(1000)
    .refine((items) => new Set(items).size === items.length, 'expected each once')
    .optional();

/** What a source covers, all where left out, and how far its lines may be from our entries. The latest version is the one that runs take. */
export const defineMatchRules = z.strictObject({
  source: idInput,
  version: z
    .int()
    .positive()
    .max(2 ** 31 - 1),
  accountIds: some(idInput),
  assets: some(assetInput),
  movementKinds: some(z.enum(movementKinds)),
  amountTolerance: nonNegativeAmount.default('0' as Decimal),
  dateTolerance: waitInput(0, YEAR_MS, 'expected at most 366 days').default('PT24H'),
  /** How many lines may make up one entry, or entries one line, where no reference says so. */
  mostInGroup: z.int().min(1).max(8).default(4),
});
export type DefineMatchRules = z.input<typeof defineMatchRules>;

/** One version of how statement lines of a source are matched. */
export interface MatchRules {
  source: string;
  version: number;
  accountIds?: string[];
  assets?: string[];
  movementKinds?: string[];
  amountTolerance: Decimal;
  dateToleranceMs: number;
  mostInGroup: number;
  definedAt: Instant;
}

const once = (items: readonly { externalId: string }[]) =>
  new Set(items.map(({ externalId }) => externalId)).size === items.length;

/** Signed from our side: what came into the account is positive. `reference` is our transaction, `transfer:t-17`, where the source knows it. */
export const statementLine = z.strictObject({
  externalId: textInput(128),
  accountId: idInput,
  asset: assetInput,
  amount: anyAmount.refine((amount) => amount !== '0', 'expected an amount other than zero'),
  bookedAt: instantInput,
  reference: textInput(96).optional(),
});
export type StatementLine = z.input<typeof statementLine>;
/** All of them or none. A line that is known with the same content is no error; with other content it is a conflict. */
export const recordLines = z.strictObject({
  source: idInput,
  lines: z.array(statementLine).min(1).max(5000).refine(once, 'expected each externalId once'),
});
export type RecordLines = z.input<typeof recordLines>;

export const statementBalance = z.strictObject({
  externalId: textInput(128),
  accountId: idInput,
  asset: assetInput,
  balance: anyAmount,
  asOf: instantInput,
});
/** A balance as a statement says it. */
export type StatementBalance = z.input<typeof statementBalance>;
export const recordBalances = z.strictObject({
  source: idInput,
  balances: z.array(statementBalance).min(1).max(5000).refine(once, 'expected each externalId once'),
});
export type RecordBalances = z.input<typeof recordBalances>;

/** What became of the lines. */
export interface Recorded {
  recorded: number;
  /** Were there before. */
  known: number;
}

/**
 * `movements`: the lines of a source against our entries. `holdings`: its latest balances against what we had then. Up to the cutoff, which
 * has passed; from the beginning or from `from` on. A `dryRun` writes down nothing but its counts. The same `runId` goes on where it was cut off.
 */
export const runReconciliation = z
  .strictObject({
    runId: idInput,
    kind: z.enum(['movements', 'holdings']).default('movements'),
    source: idInput,
    from: instantInput.optional(),
    cutoff: instantInput,
    dryRun: z.boolean().default(false),
  })
  .refine(({ from, cutoff }) => from === undefined || from <= cutoff, {
    message: 'later than the cutoff',
    path: ['from'],
  });
export type RunReconciliation = z.input<typeof runReconciliation>;

/** One comparison with a statement. */
export interface ReconciliationRun {
  runId: string;
  kind: 'movements' | 'holdings' | 'liabilities';
  source: string;
  ruleVersion?: number;
  from?: Instant;
  cutoff: Instant;
  dryRun: boolean;
  status: 'running' | 'completed';
  /** Once it is completed: what was looked at on either side, pairs that say the same, matches by other rules, and breaks that stand. */
  lines?: number;
  entries?: number;
  matched?: number;
  grouped?: number;
  differences?: number;
  startedAt: Instant;
  completedAt?: Instant;
}

/** A difference, one while it lasts: runs that find it again count it, and the first that does not closes it. */
export interface Break {
  breakId: string;
  /** What it is about, the same from run to run. */
  breakKey: string;
  source: string;
  kind: BreakKind;
  accountId?: string;
  asset: string;
  externalId?: string;
  transactionId?: string;
  transactionLine?: number;
  /** Missing where there is nothing on that side. */
  ours?: Decimal;
  theirs?: Decimal;
  /** Theirs less ours. */
  difference: Decimal;
  /** When it happened. */
  at: Instant;
  state: BreakState;
  ownerId?: string;
  note?: string;
  firstSeen: Instant;
  lastSeen: Instant;
  seenCount: number;
  lastRunId: string;
  closedAt?: Instant;
  version: number;
}

/** With `version` a change is refused if the break was changed since. What is left out stays. */
export const changeBreak = z.strictObject({
  breakId: idInput,
  state: z.enum(['open', 'investigating', 'explained', 'written-off']).optional(),
  ownerId: idInput.optional(),
  note: textInput(200).optional(),
  version: z.int().positive().optional(),
});
export type ChangeBreak = z.input<typeof changeBreak>;

/** Oldest first. */
export const listBreaks = z.strictObject({
  source: idInput.optional(),
  state: z.array(z.enum(breakStates)).min(1).max(5).optional(),
  kind: z.enum(breakKinds).optional(),
  accountId: idInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListBreaks = z.input<typeof listBreaks>;

/** Oldest first. */
export const listRuns = z.strictObject({
  source: idInput.optional(),
  kind: z.enum(['movements', 'holdings', 'liabilities']).optional(),
  ...pageFields(instantInput, idInput),
});
export type ListRuns = z.input<typeof listRuns>;

export const findMatch = z.strictObject({ source: idInput, externalId: textInput(128) });
export type FindMatch = z.input<typeof findMatch>;

/** Which lines and entries are one. `reference`: a line that names our transaction and says the same of it, for which nothing is written. */
export interface Match {
  /** Of what was written down. */
  matchId?: string;
  rule: Found['rule'] | 'reference';
  ruleVersion?: number;
  lines: string[];
  entries: { transactionId: string; line: number }[];
  difference: Decimal;
}

/** Matches of a run by other rules than the reference, in the order of their ids. */
export const listMatches = z.strictObject({ runId: idInput, ...pageFields(idInput) });
export type ListMatches = z.input<typeof listMatches>;

/** Codes with which reconciliations refuse. */
export type ReconciliationRefusal =
  | 'unknown-account'
  | 'unknown-rules'
  | 'unknown-run'
  | 'unknown-break'
  | 'unknown-match'
  | 'id-conflict'
  | 'run-in-progress'
  | 'cutoff-ahead'
  | 'stale-version'
  | 'illegal-transition';

/**
 * What others say against what we have. Lines and entries are never changed, so that a line names an entry and says the same is a fact and
 * needs no row; matches by tolerance, sum or covering set are written down, and so is every break, with its history. Errors are `not-found`,
 * `conflict` or `invalid-input` with a `ReconciliationRefusal` as code.
 */
export interface Reconciliations {
  /** Publishes how lines of a source are matched: tolerances of amount and of time in milliseconds. */
  defineRules(input: DefineMatchRules, options?: CallOptions): Promise<MatchRules>;
  /** Takes in lines of a statement, each once by its own id. */
  recordLines(input: RecordLines, options?: CallOptions): Promise<Recorded>;
  /** Takes in balances of a statement, each once by its own id. */
  recordBalances(input: RecordBalances, options?: CallOptions): Promise<Recorded>;
  /**
   * Compares our movements or holdings with the statement up to a cut-off; what differs becomes a break. Refused with `unknown-rules`,
   * `cutoff-ahead`.
   */
  run(input: RunReconciliation, options?: CallOptions): Promise<ReconciliationRun>;
  /** Nothing where there is none. */
  findRun(runId: string, options?: CallOptions): Promise<ReconciliationRun | undefined>;
  /** A page when awaited; all of them by `for await`. */
  listRuns(input?: ListRuns, options?: CallOptions): Listing<ReconciliationRun>;
  /** The match of a line, of whatever rule. */
  findMatch(input: FindMatch, options?: CallOptions): Promise<Match | undefined>;
  /** A page when awaited; all of them by `for await`. */
  listMatches(input: ListMatches, options?: CallOptions): Listing<Match>;
  /** Frees the lines and entries of a match for the next run. */
  dissolveMatch(matchId: string, options?: CallOptions): Promise<void>;
  /** Nothing where there is none. */
  findBreak(breakId: string, options?: CallOptions): Promise<Break | undefined>;
  /** A page when awaited; all of them by `for await`. */
  listBreaks(input?: ListBreaks, options?: CallOptions): Listing<Break>;
  /** What people make of it; it stays until a run finds it no more. */
  changeBreak(input: ChangeBreak, options?: CallOptions): Promise<Break>;
}
