import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterContext } from './adapter-context.ts';

export interface Versioned<Value> {
  readonly version: number;
  readonly value: Value;
}

/** What Redis holds as a copy of PostgreSQL, one thing an id. */
export interface Projection<Value> {
  /** A metric label: `order-books`. */
  name: string;
  ids(): Promise<readonly string[]>;
  fromRedis(id: string): Promise<Versioned<Value> | undefined>;
  /** The truth now; or at the version given, where it can be told. */
  fromPostgres(id: string, version: number | undefined): Promise<Versioned<Value> | undefined>;
  /** Brings the copy back to the truth. */
  repair(id: string): Promise<void>;
}

export interface Drift {
  id: string;
  /** `different`: same version, other content. `behind`, `ahead`: of PostgreSQL, and it stays so. `missing`, `surplus`: in one of both only. */
  kind: 'different' | 'behind' | 'ahead' | 'missing' | 'surplus';
}

export interface DriftReport {
  checked: number;
  drifted: Drift[];
}

const TRIES = 5;
const BETWEEN_TRIES_MS = 25;

/** Compares copies in Redis with their truth in PostgreSQL, at one version each. */
export class DriftVerifier<Value> {
  readonly name: string;
  readonly #projection: Projection<Value>;
  readonly #everyMs: number;
  readonly #context: AdapterContext;
  readonly #drifted: (value: number, values: { projection: string }) => void;
  readonly #repaired: (values: { projection: string }) => void;
  #last: DriftReport | undefined;

  constructor(context: AdapterContext, projection: Projection<Value>, everyMs = 30_000) {
    this.name = `verify-${projection.name}`;
    this.#context = context;
    this.#projection = projection;
    this.#everyMs = everyMs;
    const { telemetry } = context;
    this.#drifted = telemetry.gauge('adapter_projection_drift', 'Copies in Redis found different from PostgreSQL', [
      'projection',
    ]);
    this.#repaired = telemetry.counter(
      'adapter_projection_repairs_total',
      'Copies in Redis brought back to the truth',
      ['projection'],
    );
  }

  /** What the last round found. */
  get last(): DriftReport | undefined {
    return this.#last;
  }

  /** A worker: verifies and repairs, again and again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.verify({ repair: true, signal });
      await sleep(this.#everyMs * (0.9 + Math.random() * 0.2), undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** One round over all ids. With `repair` the report still says what was found, and the gauge what is left. */
  async verify({ repair = false, signal }: { repair?: boolean; signal?: AbortSignal } = {}): Promise<DriftReport> {
    const projection = this.#projection.name;
    const report: DriftReport = { checked: 0, drifted: [] };
    let left = 0;
    for (const id of await this.#projection.ids()) {
      signal?.throwIfAborted();
      const kind = await this.#compare(id);
      report.checked += 1;
      if (kind === undefined) continue;
      report.drifted.push({ id, kind });
      this.#context.telemetry.log.error({ projection, id, kind }, 'projection drifted');
      if (repair) {
        await this.#projection.repair(id);
        this.#repaired({ projection });
      }
      if (!repair || (await this.#compare(id)) !== undefined) left += 1;
    }
    this.#drifted(left, { projection });
    this.#last = report;
    return report;
  }

  /** Tells drift from writes that are under way: those pass, or the copy moves on with them. */
  async #compare(id: string): Promise<Drift['kind'] | undefined> {
    let first: number | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const copy = await this.#projection.fromRedis(id);
      const truth = await this.#projection.fromPostgres(id, copy?.version);
      const kind = differenceOf(copy, truth);
      if (kind === undefined || kind === 'different') return kind;
      if (attempt === 1) first = copy?.version;
      else if (copy?.version !== first) return undefined;
      if (attempt === TRIES) return kind;
      await sleep(BETWEEN_TRIES_MS * attempt);
    }
  }
}

function differenceOf<Value>(
  copy: Versioned<Value> | undefined,
  truth: Versioned<Value> | undefined,
): Drift['kind'] | undefined {
  if (copy === undefined || truth === undefined)
    return copy === truth ? undefined : copy === undefined ? 'missing' : 'surplus';
  if (copy.version !== truth.version) return copy.version < truth.version ? 'behind' : 'ahead';
  return isDeepStrictEqual(copy.value, truth.value) ? undefined : 'different';
}
