import { type CallOptions, idInput, instantInput } from '@tse/core';
import { z } from 'zod';
import { sourceName } from '../trail/trail.ts';
import type { RootedEvent } from './root-leaf.ts';

const position = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** Of all events where nothing is said. Times are business times, from (inclusive) to (exclusive). */
export const computeRoot = z.strictObject({
  from: instantInput.optional(),
  to: instantInput.optional(),
  /** Only what was written for this test run. */
  run: idInput.optional(),
  sources: z.array(sourceName).min(1).max(100).optional(),
  firstPosition: position.optional(),
  /** Of the trail up to there, so that the same comes out however it grew. */
  lastPosition: position.optional(),
});
export type ComputeRoot = z.input<typeof computeRoot>;

/** What happened, as one hash. */
export interface ScenarioRoot {
  /** Hexadecimal, 64 digits; that of no event is the hash of nothing. */
  root: string;
  events: number;
  /** The trail's last one when it was read. */
  position: number;
}

/** `archived`: events that it would have to cover are in a file. */
export type RootRefusal = 'archived';

/**
 * The scenario root: a Merkle tree (RFC 6962) over what the events say of the business (see `RootedEvent`), in the order of business time, source,
 * aggregate and version. Two runs in which the same happened have the same root, in whatever order, batches and instances their events came; one
 * that differs in anything has another. The trail's own hashes cover more, and differ from run to run.
 *
 * What the audit itself did (blocks sealed, anchors, exports) is left out: when a block is full enough is nothing that happened in the scenario.
 */
export interface Roots {
  /**
   * Reads the events in their order, and may take long: hand in a `signal`. Memory stays that of a few rows; PostgreSQL sorts.
   * `onEvent` hears each of them before the next one is read, so that two runs can be compared to the first event that differs.
   */
  compute(
    input?: ComputeRoot,
    options?: CallOptions & { onEvent?: (event: RootedEvent, leaf: Buffer) => unknown },
  ): Promise<ScenarioRoot>;
}
