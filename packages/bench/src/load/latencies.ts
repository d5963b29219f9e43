import { type RecordableHistogram, createHistogram } from 'node:perf_hooks';
import { isAdapterError } from '@tse/core';

/** What the calls of one port came to. Milliseconds. */
export interface PortRow {
  readonly port: string;
  readonly calls: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** By code. */
  readonly errors: Readonly<Record<string, number>>;
}

interface Port {
  readonly histogram: RecordableHistogram;
  readonly errors: Map<string, number>;
}

const LONGEST_MICROS = 3_600_000_000;

/** How long things took, by name, from when they were due; of a fixed size, however many they are. */
export class Latencies {
  readonly #ports = new Map<string, Port>();

  /** `due` is when the call should have been made, on `performance.now()`. What fails is counted by its code, not timed, and thrown on. */
  async timed<T>(port: string, due: number, call: () => Promise<T>): Promise<T> {
    try {
      const value = await call();
      this.note(port, performance.now() - due);
      return value;
    } catch (error) {
      const { errors } = this.#port(port);
      const code = isAdapterError(error) ? error.code : (error as Error).name;
      errors.set(code, (errors.get(code) ?? 0) + 1);
      throw error;
    }
  }

  note(port: string, millis: number): void {
    this.#port(port).histogram.record(Math.min(LONGEST_MICROS, Math.max(1, Math.round(millis * 1000))));
  }

  /** All since the last time, in the order of their names. */
  take(): PortRow[] {
    const rows = [...this.#ports].map(([port, { histogram, errors }]) => ({
      port,
      calls: histogram.count,
      p50: histogram.count > 0 ? histogram.percentile(50) / 1000 : 0,
      p99: histogram.count > 0 ? histogram.percentile(99) / 1000 : 0,
      max: histogram.count > 0 ? histogram.max / 1000 : 0,
      errors: Object.fromEntries(errors),
    }));
    for (const { histogram, errors } of this.#ports.values()) {
      histogram.reset();
      errors.clear();
    }
    return rows.filter(({ calls, errors }) => calls > 0 || Object.keys(errors).length > 0).toSorted(byPort);
  }

  #port(name: string): Port {
    let port = this.#ports.get(name);
    if (port === undefined) {
      port = { histogram: createHistogram({ lowest: 1, highest: LONGEST_MICROS, figures: 3 }), errors: new Map() };
      this.#ports.set(name, port);
    }
    return port;
  }
}

const byPort = (a: PortRow, b: PortRow) => (a.port < b.port ? -1 : 1);
