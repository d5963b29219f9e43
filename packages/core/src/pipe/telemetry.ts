import { type Tracer, trace } from '@opentelemetry/api';
import { type Logger, pino } from 'pino';
import { Counter, Gauge, Registry } from 'prom-client';
import { isAdapterError } from './errors.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** What an error may say in a log line: an allow-list, because driver errors carry rows, arguments and passwords. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error) && !isAdapterError(error)) return { class: typeof error };
  const fields = error as Partial<Record<'code' | 'constraint' | 'table' | 'severity' | 'kind' | 'errorId', unknown>>;
  const described: Record<string, unknown> = { class: error.name };
  for (const field of ['code', 'kind', 'errorId', 'constraint', 'table', 'severity'] as const) {
    if (typeof fields[field] === 'string') described[field] = fields[field];
  }
  if (isAdapterError(error)) described['message'] = error.message;
  if (error.cause !== undefined) described['cause'] = describeError(error.cause);
  return described;
}

/** A pino logger to stdout whose errors pass the allow-list. */
export const defaultLogger = (level = 'info'): Logger =>
  pino({ level, serializers: { err: describeError, error: describeError } });

/** Where logs, metrics and spans go. */
export interface TelemetryOptions {
  logger?: Logger | undefined;
  metrics?: Registry | undefined;
  tracer?: Tracer | undefined;
}

type Labels = Record<string, string>;

/** An adapter's logger, tracer and metrics. A metric of one name is made once per registry, so adapters may share one. */
export class Telemetry {
  readonly log: Logger;
  readonly tracer: Tracer;
  readonly registry: Registry;
  readonly #labels: Labels;

  constructor(labels: { adapter: string; adapter_instance: string }, options: TelemetryOptions = {}) {
    this.#labels = labels;
    this.log = (options.logger ?? defaultLogger()).child(labels, {
      serializers: { err: describeError, error: describeError },
    });
    this.registry = options.metrics ?? new Registry();
    this.tracer = options.tracer ?? trace.getTracer('@tse/core');
  }

  /** A counter of this adapter, once for each name; answers what adds to it. */
  counter<L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[] = [],
  ): (values?: Record<L, string>, by?: number) => void {
    const metric = this.#once(
      name,
      () => new Counter({ name, help, labelNames: this.#names(labels), registers: [this.registry] }),
    ) as Counter;
    return (values, by = 1) => metric.inc({ ...this.#labels, ...values }, by);
  }

  /** A gauge of this adapter, once for each name; answers what sets it. */
  gauge<L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[] = [],
  ): (value: number, values?: Record<L, string>) => void {
    const metric = this.#once(
      name,
      () => new Gauge({ name, help, labelNames: this.#names(labels), registers: [this.registry] }),
    ) as Gauge;
    return (value, values) => metric.set({ ...this.#labels, ...values }, value);
  }

  /**
   * A gauge whose numbers are asked for at each scrape. `read` answers at once, from what is known: a collector that waits
   * for a store hangs the whole scrape. Ends with the answered function.
   */
  observed<L extends string = never>(
    name: string,
    help: string,
    labels: readonly L[],
    read: () => Iterable<readonly [value: number, values: Record<L, string>]>,
  ): () => void {
    const gauge = this.#once(name, () => {
      const readers = new Set<() => void>();
      const made = new Gauge({
        name,
        help,
        labelNames: this.#names(labels),
        registers: [this.registry],
        collect() {
          this.reset();
          for (const each of readers) each();
        },
      });
      return Object.assign(made, { readers });
    }) as Gauge & { readers: Set<() => void> };
    const reader = () => {
      for (const [value, values] of read()) gauge.set({ ...this.#labels, ...values }, value);
    };
    gauge.readers.add(reader);
    return () => void gauge.readers.delete(reader);
  }

  /**
   * Seconds; between `bounds`, by default those of a call. The answered function binds labels once, so that the hot path observes
   * without making label objects.
   */
  histogram<L extends string = never>(
    name: string,
    help: string,
    bounds?: readonly number[],
  ): (values: Record<L, string>) => (seconds: number) => void {
    const metric = this.#once(name, () => new LatencyHistogram(name, help, this.registry, bounds)) as LatencyHistogram;
    return (values) => metric.bind({ ...this.#labels, ...values });
  }

  #names(labels: readonly string[]): string[] {
    return [...Object.keys(this.#labels), ...labels];
  }

  #once(name: string, make: () => unknown): unknown {
    return this.registry.getSingleMetric(name) ?? make();
  }
}
