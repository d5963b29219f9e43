import {
  type CallOptions,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  jsonObjectInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { runFields } from '../runs/run-ref.ts';

export const itemStatuses = ['passed', 'failed', 'skipped', 'error'] as const;
/** How an item of a report ended. */
export type ItemStatus = (typeof itemStatuses)[number];
export const issueTypes = ['product', 'automation', 'system', 'to-investigate', 'no-defect'] as const;
/** What is behind a failure: the product, the test itself, the system it ran on, nobody knows yet, or nothing. */
export type IssueType = (typeof issueTypes)[number];

/** Part of a run's report. */
export interface ReportItem {
  itemId: string;
  parentId?: string;
  type: 'suite' | 'test' | 'step';
  name: string;
  status: ItemStatus;
  /** Of the full name with its parameters: by it the same test is found in all runs. */
  caseHash: string;
  parameters: Record<string, unknown>;
  retryOf?: string;
  error?: string;
  startedAt: Instant;
  endedAt: Instant;
  /** The newest finding, of a person or a rule. */
  triage?: Triage;
}

/** What kind of failure an item is, and who said so. */
export interface Triage {
  issueType: IssueType;
  comment?: string;
  ticket?: string;
  automatic: boolean;
  triagedAt: Instant;
}

/** An item with those below it. */
export interface ReportNode extends ReportItem {
  children: ReportNode[];
}

/** One line of a report's log. */
export interface LogLine {
  n: number;
  itemId?: string;
  level: 'debug' | 'info' | 'warn' | 'error';
  text: string;
  /** Of a file kept elsewhere: its name, type, size and hash. */
  attachment?: Record<string, unknown>;
  at: Instant;
}

/** How a test fared over all runs; without those that were skipped and first tries that were retried. */
export interface CaseHistory {
  caseHash: string;
  name: string;
  runs: number;
  passed: number;
  failed: number;
  /** How often it changed between passing and failing, over the number of chances to: 0 is steady, 1 changes always. */
  flipRate: number;
  /** Newest first, twenty at most. */
  lastOutcomes: ItemStatus[];
  firstFailedAt?: Instant;
  lastAt: Instant;
}

const values = jsonObjectInput(16_384);
const item = z
  .strictObject({
    itemId: idInput,
    parentId: idInput.optional(),
    type: z.enum(['suite', 'test', 'step']),
    name: textInput(500),
    status: z.enum(itemStatuses),
    parameters: values.default({}),
    retryOf: idInput.optional(),
    error: textInput(4000).optional(),
    startedAt: instantInput,
    endedAt: instantInput,
  })
  .refine(({ startedAt, endedAt }) => endedAt >= startedAt, {
    path: ['endedAt'],
    message: 'expected an instant not before it started',
  });
export const recordReport = z.strictObject({
  ...runFields,
  /** A parent is there already or among them. */
  items: z
    .array(item)
    .min(1)
    .max(2000)
    .refine((items) => new Set(items.map(({ itemId }) => itemId)).size === items.length, 'expected no item twice'),
});
export type RecordReport = z.input<typeof recordReport>;

export const triageItem = z.strictObject({
  runId: idInput,
  itemId: idInput,
  issueType: z.enum(issueTypes),
  comment: textInput(2000).optional(),
  ticket: textInput(500).optional(),
});
export type TriageItem = z.input<typeof triageItem>;
/** A POSIX regular expression over the error of a failure. */
export const defineTriageRule = z.strictObject({
  ruleId: idInput,
  pattern: textInput(500),
  issueType: z.enum(issueTypes),
  ticket: textInput(500).optional(),
});
export type DefineTriageRule = z.input<typeof defineTriageRule>;

const line = z.strictObject({
  n: z.int().min(1),
  itemId: idInput.optional(),
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  text: textInput(10_000),
  attachment: values.optional(),
  at: instantInput.optional(),
});
/** Lines are numbered by the caller, so that a repeat writes none twice. */
export const appendLogs = z.strictObject({ runId: idInput, lines: z.array(line).min(1).max(2000) });
export type AppendLogs = z.input<typeof appendLogs>;
export const listLogs = z.strictObject({ runId: idInput, itemId: idInput.optional(), ...pageFields(z.int()) });
export type ListLogs = z.input<typeof listLogs>;
/** Most flips first. */
export const listFlaky = z.strictObject({
  minRuns: z.int().min(2).max(1000).default(5),
  limit: z.int().min(1).max(1000).default(100),
});
export type ListFlaky = z.input<typeof listFlaky>;
export const retireLogs = z.strictObject({ before: instantInput });
export type RetireLogs = z.input<typeof retireLogs>;

/** Codes with which reports refuse. */
export type ReportRefusal =
  | 'unknown-run'
  | 'unknown-item'
  | 'unknown-parent'
  | 'run-not-started'
  | 'stale-fence'
  | 'id-conflict'
  | 'malformed-pattern';

/**
 * What was tested in a run, as a tree; how the same test fared in all runs; what is behind its failures. Errors are `not-found`,
 * `conflict` or `invalid-input` with a `ReportRefusal` as code.
 */
export interface Reports {
  /** All or none. Also after the run's end, by its last holder. Answers how many items the report has now. */
  record(input: RecordReport, options?: CallOptions): Promise<number>;
  /** The trees of a run, in the order in which they were recorded. */
  tree(runId: string, options?: CallOptions): Promise<ReportNode[]>;
  /** Says what kind of failure an item is, by hand. */
  triage(input: TriageItem, options?: CallOptions): Promise<Triage>;
  /** Failures recorded from now on whose error matches are of this type, until a person says otherwise. */
  defineTriageRule(input: DefineTriageRule, options?: CallOptions): Promise<void>;
  /** Answers how many lines were new. */
  appendLogs(input: AppendLogs, options?: CallOptions): Promise<number>;
  /** A page when awaited; all of them by `for await`. */
  listLogs(input: ListLogs, options?: CallOptions): Listing<LogLine>;
  /** How a case ended in earlier runs; nothing where it never ran. */
  history(caseHash: string, options?: CallOptions): Promise<CaseHistory | undefined>;
  /** All of them. */
  listFlaky(input?: ListFlaky, options?: CallOptions): Promise<CaseHistory[]>;
  /** Takes months of logs that ended before an instant out of the table; those of protected runs stay readable. Answers the months. */
  retireLogs(input: RetireLogs, options?: CallOptions): Promise<string[]>;
}
