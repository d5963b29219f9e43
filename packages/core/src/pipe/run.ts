import { SpanKind, SpanStatusCode, context as otelContext, trace } from '@opentelemetry/api';
import { z } from 'zod';
import { type Call, type CallOptions, type Context, currentCall, inCall } from './context.ts';
import {
  type ErrorKind,
  InternalError,
  InvalidInputError,
  OutcomeUnknownError,
  UnavailableError,
  isAdapterError,
} from './errors.ts';
import type { Telemetry } from './telemetry.ts';

/** A public method: its name (`exchange.orders.place`), what it takes, and the id with which a lost write is repeated. */
export interface Operation<Schema extends z.ZodType> {
  readonly name: string;
  readonly input: Schema;
  /** The id in the input by which a lost reply can be asked for again. */
  readonly repeatWith: ((input: z.output<Schema>) => string | undefined) | undefined;
}

/** Defined once at module level: the schema is compiled there. */
export const operation = <Schema extends z.ZodType>(
  name: string,
  input: Schema,
  repeatWith?: (input: z.output<Schema>) => string | undefined,
): Operation<Schema> => ({ name, input: z.compile<Schema>(input), repeatWith });

type Outcome = ErrorKind | 'ok' | 'aborted';
type Observe = (seconds: number) => void;

/** The one way through which every public method goes: parse, context, span, timer, error mapping. */
export class Pipe {
  readonly #telemetry: Telemetry;
  readonly #adapter: string;
  readonly #bind: (values: { op: string; outcome: Outcome }) => Observe;
  readonly #observers = new Map<string, Map<Outcome, Observe>>();
  readonly #idle = new Set<() => void>();
  #inFlight = 0;
  #closed = false;

  constructor(adapter: string, telemetry: Telemetry) {
    this.#adapter = adapter;
    this.#telemetry = telemetry;
    this.#bind = telemetry.histogram('adapter_operation_seconds', 'Duration of public methods by outcome');
  }

  /** Parses the input, runs the task in its context with deadline and signal, times it, and maps what it throws to an `AdapterError`. */
  run = async <Schema extends z.ZodType, T>(
    op: Operation<Schema>,
    input: unknown,
    options: CallOptions | undefined,
    task: (input: z.output<Schema>, call: Pick<Call, 'fresh'>) => Promise<T>,
  ): Promise<T> => {
    const started = performance.now();
    const parsed = op.input.safeParse(input);
    if (!parsed.success) {
      this.#observe(op.name, 'invalid-input', started);
      throw new InvalidInputError(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
    }
    if (this.#closed) {
      this.#observe(op.name, 'unavailable', started);
      throw new UnavailableError('adapter-closed', `the ${this.#adapter} adapter is closed`, 1000);
    }
    const call = options === undefined ? undefined : openCall(options, started);
    const span = this.#telemetry.tracer.startSpan(op.name, { kind: SpanKind.INTERNAL });
    let outcome: Outcome = 'ok';
    this.#inFlight += 1;
    try {
      options?.signal?.throwIfAborted();
      let work = () => task(parsed.data, call ?? plainCall);
      if (span.isRecording()) {
        const inner = work;
        const active = trace.setSpan(otelContext.active(), span);
        work = () => otelContext.with(active, inner);
      }
      if (call === undefined) return await work();
      const running = inCall(call, work);
      return await (call.signal === undefined ? running : orAborted(running, call));
    } catch (error) {
      const known = this.#mapError(op, parsed.data, error, options?.signal);
      outcome = isAdapterError(known) ? known.kind : 'aborted';
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', isAdapterError(known) ? known.code : 'aborted');
      throw known;
    } finally {
      span.end();
      this.#observe(op.name, outcome, started);
      this.#inFlight -= 1;
      if (this.#inFlight === 0) for (const wake of this.#idle) wake();
    }
  };

  /** Refuses new calls and resolves when the last one in flight has settled. */
  async drain(): Promise<void> {
    this.#closed = true;
    while (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#idle.delete(wake);
          resolve();
        };
        this.#idle.add(wake);
      });
    }
  }

  #mapError<Schema extends z.ZodType>(
    op: Operation<Schema>,
    input: z.output<Schema>,
    error: unknown,
    signal: AbortSignal | undefined,
  ): unknown {
    if (isAdapterError(error)) {
      if (error.kind === 'outcome-unknown' && error.repeatWith.id === '') {
        return new OutcomeUnknownError(error.message, op.repeatWith?.(input) ?? '', error, error.code);
      }
      if (error.kind === 'internal') this.#telemetry.log.error({ err: error, op: op.name }, 'operation failed');
      return error;
    }
    if (signal?.aborted && error === signal.reason) return error;
    const unknown = new InternalError('internal', 'internal error', {}, error);
    this.#telemetry.log.error({ err: unknown, op: op.name }, 'operation failed');
    return unknown;
  }

  #observe(op: string, outcome: Outcome, started: number): void {
    let byOutcome = this.#observers.get(op);
    if (byOutcome === undefined) this.#observers.set(op, (byOutcome = new Map()));
    let observe = byOutcome.get(outcome);
    if (observe === undefined) byOutcome.set(outcome, (observe = this.#bind({ op, outcome })));
    observe((performance.now() - started) / 1000);
  }
}

const plainCall = { fresh: false } as const;

function openCall(options: CallOptions, started: number): Call {
  const outer = currentCall();
  let context: Context = outer?.context ?? {};
  if (options.deadlineMs !== undefined) {
    if (!(options.deadlineMs > 0))
      throw new InvalidInputError([{ path: 'deadlineMs', message: 'expected milliseconds above zero' }]);
    context = { ...context, deadline: Math.min(started + options.deadlineMs, context.deadline ?? Infinity) };
  }
  return {
    context,
    signal: options.signal ?? outer?.signal,
    fresh: options.fresh ?? outer?.fresh ?? false,
    sent: false,
  };
}

/** The work's result, or the abort, whichever is first. A write that has left when the abort comes may have happened. */
function orAborted<T>(work: Promise<T>, call: Call): Promise<T> {
  const signal = call.signal!;
  return new Promise<T>((resolve, reject) => {
    const abort = () =>
      reject(
        call.sent
          ? new OutcomeUnknownError('aborted after the write was sent', '', signal.reason, 'aborted')
          : signal.reason,
      );
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
