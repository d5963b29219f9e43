import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterContext } from './adapter-context.ts';

/** A value and the version it is of. */
export interface Versioned<Value> {
  readonly version: number;
  readonly value: Value;
}

/** `different`: same version, other content. `behind`, `ahead`: of PostgreSQL, and it stays so. `missing`, `surplus`: in one of both only. */
export type DriftKind = 'different' | 'behind' | 'ahead' | 'missing' | 'surplus';

/** What a copy says otherwise than PostgreSQL, as it was read once. */
export interface Difference {
  /** Of the copy, where it has parts. */
  readonly part?: string;
  readonly kind: DriftKind;
  /** What the copy has. */
  readonly version?: number;
}

/** What Redis holds as copies of PostgreSQL, one family of keys. */
export interface Projection {
  /** A metric label: `order-books`. */
  name: string;
  /** What is to be compared in this round: a bounded number. */
  ids(): Promise<readonly string[]>;
  /** Where the copy says otherwise than PostgreSQL, as both are read now; nothing where they agree. */
  differences(id: string): Promise<readonly Difference[]>;
  /** Brings the copy back to the truth, or drops it where the next read fills it. */
  repair(id: string): Promise<void>;
}

/** One entry in which Redis and PostgreSQL differ, and keep differing. */
export interface Drift {
  id: string;
  part?: string;
  kind: DriftKind;
}

/** What a comparison looked at and what it found. */
export interface DriftReport {
  /** Copies that were compared. */
  checked: number;
  drifted: Drift[];
}

/** Compares one copy with its truth. */
export function differenceOf<Value>(
  copy: Versioned<Value> | undefined,
  truth: Versioned<Value> | undefined,
): Difference[] {
  const version = copy && { version: copy.version };
  if (copy === undefined || truth === undefined)
    return copy === truth ? [] : [{ kind: copy === undefined ? 'missing' : 'surplus', ...version }];
  if (copy.version !== truth.version) return [{ kind: copy.version < truth.version ? 'behind' : 'ahead', ...version }];
  return isDeepStrictEqual(copy.value, truth.value) ? [] : [{ kind: 'different', ...version }];
}

/** Compares a copy that has parts, each with its version. */
export function differencesOfParts<Value>(
  copy: ReadonlyMap<string, Versioned<Value>>,
  truth: ReadonlyMap<string, Versioned<Value>>,
): Difference[] {
  return [...new Set([...copy.keys(), ...truth.keys()])].flatMap((part) =>
    differenceOf(copy.get(part), truth.get(part)).map((difference) => ({ part, ...difference })),
  );
}

const TRIES = 5;
const BETWEEN_TRIES_MS = 25;

/** Compares the copies of one family with their truth in PostgreSQL, and exports what it finds. */
export class DriftVerifier {
  readonly name: string;
  readonly #projection: Projection;
  readonly #log: AdapterContext['telemetry']['log'];
  readonly #count: Record<'checked' | 'drifted' | 'repaired', (by: number) => void>;
  readonly #tell: Record<'drift' | 'oldestSeconds' | 'rebuildSeconds', (value: number) => void>;
  /** When what still stands was first seen. */
  readonly #seen = new Map<string, number>();
  #last: DriftReport | undefined;

  constructor({ telemetry }: AdapterContext, projection: Projection) {
    this.name = projection.name;
    this.#projection = projection;
    this.#log = telemetry.log;
    const of = { projection: projection.name };
    const counter = (name: string, help: string) => {
      const count = telemetry.counter(name, help, ['projection']);
      count(of, 0);
      return (by: number) => count(of, by);
    };
    const gauge = (name: string, help: string) => {
      const set = telemetry.gauge(name, help, ['projection']);
      set(0, of);
      return (value: number) => set(value, of);
    };
    this.#count = {
      checked: counter('adapter_projection_checks_total', 'Copies in Redis compared with PostgreSQL'),
      drifted: counter('adapter_projection_drifts_total', 'Differences found between Redis and PostgreSQL'),
      repaired: counter('adapter_projection_repairs_total', 'Copies in Redis brought back to the truth'),
    };
    this.#tell = {
      drift: gauge('adapter_projection_drift', 'Differences between Redis and PostgreSQL that stand'),
      oldestSeconds: gauge(
        'adapter_projection_oldest_drift_seconds',
        'Since when the oldest difference that stands has been known',
      ),
      rebuildSeconds: gauge('adapter_projection_rebuild_seconds', 'How long the last repair of a copy took'),
    };
  }

  /** What the last round found. */
  get last(): DriftReport | undefined {
    return this.#last;
  }

  /** One round. With `repair` the report still says what was found, and the metrics what is left. */
  async verify({ repair = false, signal }: { repair?: boolean; signal?: AbortSignal } = {}): Promise<DriftReport> {
    const report: DriftReport = { checked: 0, drifted: [] };
    const left: Drift[] = [];
    for (const id of await this.#projection.ids()) {
      signal?.throwIfAborted();
      const found = await this.#compare(id);
      report.checked += 1;
      if (found.length === 0) continue;
      report.drifted.push(...found);
      this.#log.error({ projection: this.name, id, found }, 'projection drifted');
      left.push(...(repair ? await this.#repair(id) : found));
    }
    this.#count.checked(report.checked);
    this.#count.drifted(report.drifted.length);
    this.#tellLeft(left);
    this.#last = report;
    return report;
  }

  async #repair(id: string): Promise<Drift[]> {
    const began = performance.now();
    await this.#projection.repair(id);
    this.#count.repaired(1);
    this.#tell.rebuildSeconds((performance.now() - began) / 1000);
    return this.#compare(id);
  }

  #tellLeft(left: readonly Drift[]): void {
    const now = performance.now();
    const keys = new Set(left.map(({ id, part = '' }) => `${id} ${part}`));
    for (const key of this.#seen.keys()) if (!keys.has(key)) this.#seen.delete(key);
    for (const key of keys) this.#seen.set(key, this.#seen.get(key) ?? now);
    this.#tell.drift(left.length);
    this.#tell.oldestSeconds(Math.max(0, ...[...this.#seen.values()].map((since) => (now - since) / 1000)));
  }

  /** Tells drift from writes that are under way: those pass, or the copy moves on with them. */
  async #compare(id: string): Promise<Drift[]> {
    let standing: readonly Difference[] = [];
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.#projection.differences(id);
      standing = attempt === 1 ? found : found.filter((one) => standing.some((other) => isDeepStrictEqual(one, other)));
      // No write under way explains another content of the same version.
      if (attempt === TRIES || standing.every(({ kind }) => kind === 'different'))
        return standing.map(({ part, kind }) => ({ id, ...(part !== undefined && { part }), kind }));
      await sleep(BETWEEN_TRIES_MS * attempt);
    }
  }
}
