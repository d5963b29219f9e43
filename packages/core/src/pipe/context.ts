import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { isSpanContextValid, trace } from '@opentelemetry/api';

/** Who acts, for what, and until when. Carried along asynchronous calls and written on every event. */
export interface Context {
  traceId?: string;
  spanId?: string;
  /** One id for a whole business flow; the trace id where none is given. */
  correlationId?: string;
  /** The event or command this follows from. */
  causationId?: string;
  actor?: string;
  /** The test run this is done for, with the fence of its lock. */
  run?: string;
  fence?: number;
  /** The event being handled: the schema that published it and its number there. */
  source?: string;
  sourceSeq?: number;
  /** `performance.now()` after which nothing more is sent. */
  deadline?: number;
}

/** What a caller may say with any call. */
export interface CallOptions {
  /** Aborts: rejects with the signal's reason before the work is sent; a write already sent ends `outcome-unknown`. */
  signal?: AbortSignal | undefined;
  /** Milliseconds from now in which the call must settle. */
  deadlineMs?: number | undefined;
  /** Read past caches and replicas, so that this process sees its own writes. */
  fresh?: boolean | undefined;
}

/** What the stores ask about the call they work for. `sent` turns true with the first write that leaves. */
export interface Call {
  readonly context: Context;
  readonly signal: AbortSignal | undefined;
  readonly fresh: boolean;
  sent: boolean;
}

const storage = new AsyncLocalStorage<Call>();
const nobody: Context = {};

export const currentCall = (): Call | undefined => storage.getStore();
/** The context of the running call; empty outside of one. */
export const currentContext = (): Context => storage.getStore()?.context ?? nobody;
export const inCall = <T>(call: Call, fn: () => T): T => storage.run(call, fn);

/** Runs what works for many callers, or outlives its caller: nobody's context, deadline or signal applies to it. */
export const outsideCalls = <T>(fn: () => T, fresh = false): T =>
  storage.run({ context: nobody, signal: undefined, fresh, sent: false }, fn);

/** Milliseconds until the deadline of the current call, or `undefined` where it has none. */
export function remainingMs(): number | undefined {
  const deadline = storage.getStore()?.context.deadline;
  return deadline === undefined ? undefined : deadline - performance.now();
}

/** What a call is made for; the deadline in milliseconds from now. */
export interface ContextInput extends Omit<Context, 'deadline'> {
  deadlineMs?: number;
}

/** Runs `fn` with these members laid over the current context. */
export function withContext<T>(input: ContextInput, fn: () => T): T {
  const { deadlineMs, ...members } = input;
  const outer = storage.getStore();
  const context: Context = { ...outer?.context, ...members };
  if (deadlineMs !== undefined) {
    context.deadline = Math.min(performance.now() + deadlineMs, outer?.context.deadline ?? Infinity);
  }
  return storage.run({ context, signal: outer?.signal, fresh: outer?.fresh ?? false, sent: false }, fn);
}

// Drawn in bulk: a call of its own for each id would cost a write more than all else that is done for it here.
let entropy = Buffer.alloc(0);
let drawn = 0;
function hex(bytes: number): string {
  if (drawn + bytes > entropy.length) {
    entropy = randomBytes(4096);
    drawn = 0;
  }
  return entropy.toString('hex', drawn, (drawn += bytes));
}

/** The members of a context that every event carries, complete: an active OpenTelemetry span wins; without one, W3C ids are made. */
export interface WriteContext {
  trace_id: string;
  span_id: string;
  correlation_id: string;
  causation_id: string | null;
  actor: string | null;
  run_id: string | null;
  fence: number | null;
  source: string | null;
  source_seq: number | null;
}

/** What is written on every event of the running call: trace, correlation, causation, actor, run. */
export function writeContext(): WriteContext {
  const context = currentContext();
  const active = trace.getActiveSpan()?.spanContext();
  const span = active && isSpanContextValid(active) ? active : undefined;
  const traceId = span?.traceId ?? context.traceId ?? hex(16);
  return {
    trace_id: traceId,
    span_id: span?.spanId ?? context.spanId ?? hex(8),
    correlation_id: context.correlationId ?? traceId,
    causation_id: context.causationId ?? null,
    actor: context.actor ?? null,
    run_id: context.run ?? null,
    fence: context.fence ?? null,
    source: context.source ?? null,
    source_seq: context.sourceSeq ?? null,
  };
}
