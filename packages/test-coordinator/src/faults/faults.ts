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
import { type RunWriteRefusal, pathInput, runFields } from '../runs/run-ref.ts';
import { type FaultKind, type FaultState, faultKinds, faultStates } from './fault-states.ts';

/** Something that is broken on purpose, as the ledger has it. */
export interface Fault {
  faultId: string;
  runId: string;
  /** Of the step that injects it. */
  path?: string;
  fence: number;
  /** The service that injects and undoes it. */
  target: string;
  kind: FaultKind;
  params: Record<string, unknown>;
  undo: Record<string, unknown>;
  state: FaultState;
  /** Why it is in this state: `run-ended`, `lease-lost`, `overdue`, `not-undone`, or the caller's word. */
  reason?: string;
  /** How often its undoing was asked for. */
  undoAttempts: number;
  dataLossCount?: number;
  version: number;
  plannedAt: Instant;
  mustEndBy: Instant;
  injectedAt?: Instant;
  /** When somebody noticed it. */
  detectedAt?: Instant;
  endedAt?: Instant;
  /** From injection to detection, and to its end. */
  detectionMs?: number;
  recoveryMs?: number;
}

/** One change of a fault. */
export interface FaultEvent {
  version: number;
  state: FaultState;
  reason?: string;
  occurredAt: Instant;
}

const values = jsonObjectInput(16_384);
export const planFault = z.strictObject({
  faultId: idInput.optional(),
  ...runFields,
  path: pathInput.optional(),
  target: textInput(64),
  kind: z.enum(faultKinds),
  params: values.default({}),
  undo: values.default({}),
  /** It is undone then at the latest, in business time, whatever becomes of the run. */
  mustEndBy: instantInput,
});
export type PlanFault = z.input<typeof planFault>;

const change = { faultId: idInput, fence: z.int().min(1) };
export const injectFault = z.strictObject(change);
export type InjectFault = z.input<typeof injectFault>;
export const undoFault = z.strictObject({ ...change, reason: textInput(200).optional() });
export type UndoFault = z.input<typeof undoFault>;
/** What the target did, as its own events say: it needs no fence, for the truth may come late. */
export const confirmFault = z.strictObject({
  faultId: idInput,
  state: z.enum(['injected', 'undone']),
  dataLossCount: z.int().min(0).optional(),
});
export type ConfirmFault = z.input<typeof confirmFault>;
export const detectFault = z.strictObject({ faultId: idInput, at: instantInput.optional() });
export type DetectFault = z.input<typeof detectFault>;

/** In the order of their ids. */
export const listFaults = z.strictObject({
  runId: idInput.optional(),
  target: textInput(64).optional(),
  kind: z.enum(faultKinds).optional(),
  state: z.array(z.enum(faultStates)).min(1).optional(),
  ...pageFields(idInput),
});
export type ListFaults = z.input<typeof listFaults>;

/** How long faults of a kind took to be noticed and to be over, over all runs; in milliseconds of business time. */
export interface RecoveryStatistics {
  kind: FaultKind;
  faults: number;
  averageDetectionMs?: number;
  p95DetectionMs?: number;
  averageRecoveryMs?: number;
  p95RecoveryMs?: number;
}

/** Codes with which faults refuse. */
export type FaultRefusal =
  | RunWriteRefusal
  | 'unknown-fault'
  | 'id-conflict'
  | 'must-end-in-future'
  | 'not-injected'
  | 'illegal-transition';

/**
 * The ledger of faults. A fault is planned (written down) before anybody is told to inject it; the event `fault.changed` tells its
 * target what to do. The worker `reap-faults` has undone what is overdue and what runs leave behind. Errors are `not-found`, `conflict` or
 * `invalid-input` with a `FaultRefusal` as code.
 */
export interface Faults {
  /** Writes a fault into the ledger before anybody is told of it. Refused with `stale-fence`, `must-end-in-future`. */
  plan(input: PlanFault, options?: CallOptions): Promise<Fault>;
  /** Tells its target to inject it. */
  inject(input: InjectFault, options?: CallOptions): Promise<Fault>;
  /** Says what the target reported: injected or undone. Refused with `illegal-transition`. */
  confirm(input: ConfirmFault, options?: CallOptions): Promise<Fault>;
  /** Tells its target to undo it; one that was never injected is withdrawn. */
  undo(input: UndoFault, options?: CallOptions): Promise<Fault>;
  /** Says when it was noticed; the earliest counts. */
  detect(input: DetectFault, options?: CallOptions): Promise<Fault>;
  /** Nothing where there is none. */
  find(faultId: string, options?: CallOptions): Promise<Fault | undefined>;
  /** Refused as `not-found` where there is none. */
  get(faultId: string, options?: CallOptions): Promise<Fault>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListFaults, options?: CallOptions): Listing<Fault>;
  /** Those that may be in effect now. */
  listActive(options?: CallOptions): Listing<Fault>;
  /** All of them. */
  listEvents(faultId: string, options?: CallOptions): Promise<FaultEvent[]>;
  /** How long recovery took, by kind of fault, in milliseconds. */
  recoveryStatistics(options?: CallOptions): Promise<RecoveryStatistics[]>;
}
