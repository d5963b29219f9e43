import {
  type CallOptions,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  jsonInput,
  jsonObjectInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type RunWriteRefusal, runFields } from '../runs/run-ref.ts';
import { type Phase, phases } from '../validations/validations.ts';

/** What an identity gave at one watermark. */
export interface InvariantResult {
  runId: string;
  name: string;
  /** Counts the results of this identity in this run. */
  n: number;
  phase: Phase;
  severity: 'info' | 'warning' | 'error';
  passed: boolean;
  compared: number;
  /** Up to where each source was read. */
  watermark: Record<string, unknown>;
  /** The rows that offend, some of them. */
  samples: unknown[];
  checkedAt: Instant;
}

export const operationTypes = ['invoke', 'ok', 'fail', 'info'] as const;
/** An entry of a history, in Jepsen's terms: `info` is an end nobody knows. */
export interface Operation {
  process: string;
  type: (typeof operationTypes)[number];
  /** What was done: `read`, `write`, `add`, `transfer` … */
  f: string;
  key?: string;
  value?: unknown;
  at?: Instant;
}

export const recordInvariant = z
  .strictObject({
    ...runFields,
    name: textInput(64),
    phase: z.enum(phases),
    severity: z.enum(['info', 'warning', 'error']).default('error'),
    passed: z.boolean(),
    compared: z.int().min(0),
    watermark: jsonObjectInput(16_384).default({}),
    samples: z.array(jsonInput(16_384)).max(100).default([]),
  })
  .refine(({ passed, samples }) => !passed || samples.length === 0, {
    path: ['samples'],
    message: 'expected none where it holds',
  });
export type RecordInvariant = z.input<typeof recordInvariant>;

const operation = z.strictObject({
  process: textInput(64),
  type: z.enum(operationTypes),
  f: textInput(64),
  key: textInput(200).optional(),
  value: jsonInput(16_384).optional(),
  at: instantInput.optional(),
});
export const recordOperations = z.strictObject({
  ...runFields,
  /** The number of the last operation that the caller knows to be there: by it a repeat is seen. */
  after: z.int().min(0).default(0),
  operations: z.array(operation).min(1).max(5000),
});
export type RecordOperations = z.input<typeof recordOperations>;

/** Oldest first. */
export const listInvariants = z.strictObject({
  runId: idInput,
  name: textInput(64).optional(),
  passed: z.boolean().optional(),
  ...pageFields(instantInput, textInput(64), z.int()),
});
export type ListInvariants = z.input<typeof listInvariants>;
export const listOperations = z.strictObject({ runId: idInput, ...pageFields(z.int()) });
export type ListOperations = z.input<typeof listOperations>;

/** Codes with which invariants refuse. */
export type InvariantRefusal = RunWriteRefusal | 'history-differs';

/**
 * Identities that were checked while a run went on, and the history of what its clients did: `checkConservation`, `checkNoLossNoDouble`,
 * `checkMonotonic` and `checkLinearizable` judge it. Errors are `not-found` or `conflict` with an `InvariantRefusal` as code.
 */
export interface Invariants {
  /** Keeps what a check of an invariant found in a run. Refused with `stale-fence`, `run-ended`. */
  record(input: RecordInvariant, options?: CallOptions): Promise<InvariantResult>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListInvariants, options?: CallOptions): Listing<InvariantResult>;
  /** Answers the number of the last operation. */
  recordOperations(input: RecordOperations, options?: CallOptions): Promise<number>;
  /** A page when awaited; all of them by `for await`. */
  listOperations(input: ListOperations, options?: CallOptions): Listing<Operation & { n: number }>;
}
