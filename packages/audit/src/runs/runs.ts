import { type CallOptions, type Instant, type Listing, idInput, instantInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';
import { type RunStatus, runStatuses } from './run-states.ts';

/** What a run was made of, and how it stands: the same binary, configuration and seed should write the same trail. */
export interface RunManifest {
  runId: string;
  binaryHash: string;
  configHash: string;
  seed?: string;
  startedAt: Instant;
  status: RunStatus;
  /** The trail's last position when it came into this status. */
  highWatermark: number;
  reason?: string;
  changedAt: Instant;
  version: number;
}

/** One change of a recorded run. */
export interface RunState {
  version: number;
  status: RunStatus;
  highWatermark: number;
  reason?: string;
  actor?: string;
  at: Instant;
}

export const startRun = z.strictObject({
  runId: idInput,
  binaryHash: textInput(128),
  configHash: textInput(128),
  seed: textInput(128).optional(),
});
export type StartRun = z.input<typeof startRun>;

const change = {
  runId: idInput,
  /** As it was read: another one is a conflict. */
  version: z.int().min(1).max(1_000_000_000).optional(),
};
export const endRun = z.strictObject({ ...change, reason: textInput(500).optional() });
export type EndRun = z.input<typeof endRun>;
export const recoverRun = z.strictObject({ ...change, reason: textInput(500).optional() });
export type RecoverRun = z.input<typeof recoverRun>;
export const quarantineRun = z.strictObject({ ...change, reason: textInput(500) });
export type QuarantineRun = z.input<typeof quarantineRun>;

/** Newest first. */
export const listRuns = z.strictObject({
  status: z.enum(runStatuses).optional(),
  ...pageFields(instantInput, idInput),
});
export type ListRuns = z.input<typeof listRuns>;

/** Codes with which recorded test runs refuse. */
export type RunRefusal = 'unknown-run' | 'id-conflict' | 'stale-version' | 'illegal-transition';

/** The manifest of each run. Its states are only ever added, and each is an event of the trail itself. */
export interface Runs {
  /** The same id with the same content answers how the run stands. */
  start(input: StartRun, options?: CallOptions): Promise<RunManifest>;
  /** Ended already, it stays so. */
  end(input: EndRun, options?: CallOptions): Promise<RunManifest>;
  /** It goes on after a crash, from its watermark. */
  recover(input: RecoverRun, options?: CallOptions): Promise<RunManifest>;
  /**
   * Marks what a run left as not to be used as evidence; nothing is deleted. Refused with `illegal-transition` where its status does not
   * allow it.
   */
  quarantine(input: QuarantineRun, options?: CallOptions): Promise<RunManifest>;
  /** Nothing where there is none. */
  find(runId: string, options?: CallOptions): Promise<RunManifest | undefined>;
  /** Refused as `not-found` where there is none. */
  get(runId: string, options?: CallOptions): Promise<RunManifest>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListRuns, options?: CallOptions): Listing<RunManifest>;
  /** Oldest first. */
  listStates(runId: string, options?: CallOptions): Promise<RunState[]>;
}
