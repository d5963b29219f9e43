import { type CallOptions, type Instant, type Listing, idInput, instantInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';

/** One look at what the trail holds, written down before the answer was given. */
export interface Access {
  id: number;
  /** The database's time. */
  at: Instant;
  /** From the context of the call. */
  actor?: string;
  /** The method: `audit.trail.list`. */
  queryKind: string;
  /** Of what was asked for: equal questions have equal hashes, and a question itself is written nowhere. */
  filterHash: string;
  /** How many it was answered with. */
  rows: number;
  correlationId?: string;
}

/** Oldest first. */
export const listAccesses = z.strictObject({
  actor: textInput(200).optional(),
  queryKind: idInput.optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, z.int()),
});
export type ListAccesses = z.input<typeof listAccesses>;

/** Who looked at the trail. Nothing changes or removes a row; a read that cannot be written down is not answered. */
export interface AccessLog {
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListAccesses, options?: CallOptions): Listing<Access>;
}
