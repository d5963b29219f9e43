import { type CallOptions, type Instant, type Listing, idInput, instantInput, pageFields } from '@tse/core';
import { z } from 'zod';
import { sourceName } from '../trail/trail.ts';

/** A bundle that was taken out of the trail, with what makes it known again. */
export interface Export {
  exportId: string;
  query: ExportQuery;
  /** The last position that it could hold. */
  watermark: number;
  events: number;
  /** Of the whole bundle, in hex. */
  sha256: string;
  /** Whether what it holds was verified when it was written. */
  verified: boolean;
  actor?: string;
  exportedAt: Instant;
  recordedAt: Instant;
}

/** What was asked for: a time of the trail, positions, a source, a flow. */
export interface ExportQuery {
  from?: Instant;
  to?: Instant;
  firstPosition?: number;
  lastPosition?: number;
  source?: string;
  correlationId?: string;
}

const seq = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const recordExport = z.strictObject({
  exportId: idInput,
  query: z.strictObject({
    from: instantInput.optional(),
    to: instantInput.optional(),
    firstPosition: seq.optional(),
    lastPosition: seq.optional(),
    source: sourceName.optional(),
    correlationId: idInput.optional(),
  }),
  watermark: seq,
  events: seq,
  sha256: z.string({ error: 'expected a hash' }).regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits'),
  verified: z.boolean(),
});
export type RecordExport = z.input<typeof recordExport>;

/** Oldest first. */
export const listExports = z.strictObject({
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListExports = z.input<typeof listExports>;

/** `id-conflict`: another bundle has this id. */
export type ExportRefusal = 'id-conflict';

/** What left the trail: each export is a row that nobody changes, and an event of the trail itself. */
export interface Exports {
  /** Written by whoever wrote the bundle; the same again answers the first. */
  record(input: RecordExport, options?: CallOptions): Promise<Export>;
  /** Nothing where there is none. */
  find(exportId: string, options?: CallOptions): Promise<Export | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListExports, options?: CallOptions): Listing<Export>;
}
