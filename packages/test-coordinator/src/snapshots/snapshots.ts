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
import { type RunWriteRefusal, runFields } from '../runs/run-ref.ts';
import { type Phase, phases } from '../validations/validations.ts';

/** What one object (a table, a view, a family of keys) held. */
export interface SnapshotItem {
  schema: string;
  object: string;
  rows: number;
  /** Exact sums of what is worth adding up, by name. */
  sums: Record<string, string>;
  checksum: string;
}

/** The state of the schemas at one moment of a run, as it was handed in; each source up to its watermark. */
export interface Snapshot {
  snapshotId: string;
  runId: string;
  phase: Phase;
  watermarks: Record<string, unknown>;
  takenAt: Instant;
  items: SnapshotItem[];
}

/** How an object changed from one snapshot to another. */
export interface SnapshotDifference {
  schema: string;
  object: string;
  change: 'appeared' | 'gone' | 'changed';
  rowsBefore?: number;
  rowsAfter?: number;
  sumsBefore?: Record<string, string>;
  sumsAfter?: Record<string, string>;
}

const item = z.strictObject({
  schema: textInput(63),
  object: textInput(200),
  rows: z.int().min(0),
  sums: z
    .record(textInput(100), z.string().regex(/^-?\d{1,60}(\.\d{1,18})?$/, 'expected a sum such as 1200.5'))
    .default({}),
  checksum: textInput(128),
});
export const recordSnapshot = z.strictObject({
  snapshotId: idInput.optional(),
  ...runFields,
  phase: z.enum(phases),
  watermarks: jsonObjectInput(16_384).default({}),
  items: z
    .array(item)
    .min(1)
    .max(2000)
    .refine(
      (items) => new Set(items.map(({ schema, object }) => `${schema} ${object}`)).size === items.length,
      'expected no object twice',
    ),
});
export type RecordSnapshot = z.input<typeof recordSnapshot>;
export const diffSnapshots = z.strictObject({ before: idInput, after: idInput });
export type DiffSnapshots = z.input<typeof diffSnapshots>;
/** Oldest first. */
export const listSnapshots = z.strictObject({ runId: idInput, ...pageFields(instantInput, idInput) });
export type ListSnapshots = z.input<typeof listSnapshots>;

/** Codes with which snapshots refuse. */
export type SnapshotRefusal = RunWriteRefusal | 'unknown-snapshot' | 'id-conflict';

/**
 * States of the system around a run, kept as they are handed in (`tse snapshot`, or each service): this adapter reads no other schema.
 * Errors are `not-found` or `conflict` with a `SnapshotRefusal` as code.
 */
export interface Snapshots {
  /** Keeps the state of other schemas in a phase of a run. Refused with `stale-fence`, `run-ended`. */
  record(input: RecordSnapshot, options?: CallOptions): Promise<Snapshot>;
  /** Nothing where there is none. */
  find(snapshotId: string, options?: CallOptions): Promise<Snapshot | undefined>;
  /** Refused as `not-found` where there is none. */
  get(snapshotId: string, options?: CallOptions): Promise<Snapshot>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListSnapshots, options?: CallOptions): Listing<Omit<Snapshot, 'items'>>;
  /** What differs, by schema and object; nothing where they are the same. */
  diff(input: DiffSnapshots, options?: CallOptions): Promise<SnapshotDifference[]>;
}
