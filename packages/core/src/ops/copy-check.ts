import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import { type Drift, type DriftReport, DriftVerifier, type Projection } from '../consistency/drift.ts';
import { isAdapterError } from '../pipe/errors.ts';
import type { Finding, HealthContribution } from './health.ts';
import type { Worker } from './worker.ts';

/** Whether copies are only compared with the tables, or brought back too. */
export interface VerifyCopiesOptions {
  /** Also brings back what was found: `false` by default. */
  repair?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** By family: `order-books`, `balances`. */
export type CopyReports = Record<string, DriftReport>;

const EVERY_MS = 30_000;

/** Compares the copies in Redis with PostgreSQL, family by family, and repairs them: a worker, a check of health, and on demand. */
export class CopyCheck implements Worker, HealthContribution {
  readonly name = 'verify-copies';
  readonly #log: AdapterContext['telemetry']['log'];
  readonly #verifiers: readonly DriftVerifier[];

  constructor(context: AdapterContext, projections: readonly Projection[]) {
    this.#log = context.telemetry.log;
    this.#verifiers = projections.map((projection) => new DriftVerifier(context, projection));
  }

  async verify({ repair = false, signal }: VerifyCopiesOptions = {}): Promise<CopyReports> {
    const reports: CopyReports = {};
    for (const verifier of this.#verifiers)
      reports[verifier.name] = await verifier.verify({ repair, ...(signal && { signal }) });
    return reports;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.verify({ repair: true, signal }).catch((err: unknown) => {
        // Without a store there is nothing to compare; that it is down is told elsewhere.
        if (!isAdapterError(err) || (err.kind !== 'unavailable' && err.kind !== 'outcome-unknown')) throw err;
        this.#log.debug({ err }, 'copies were not compared');
      });
      await sleep(EVERY_MS * (0.9 + Math.random() * 0.2), undefined, { signal, ref: false }).catch(() => {});
    }
  }

  check(): Finding {
    return judgeDrift(this.#verifiers.flatMap(({ name, last }) => (last ? [[name, last] as const] : [])));
  }
}

export function judgeDrift(reports: readonly (readonly [name: string, report: DriftReport])[]): Finding {
  const facts = Object.fromEntries(
    reports.flatMap(([name, { checked, drifted }]) => [
      [`${name} compared`, checked],
      ...(drifted.length > 0 ? [[`${name} drifted`, drifted.length]] : []),
    ]),
  );
  const drifted = reports.flatMap(([name, report]) => report.drifted.map((drift) => `${name} ${told(drift)}`));
  if (drifted.length === 0) return { state: 'up', facts };
  const first = drifted.slice(0, 3);
  const more = drifted.length > first.length ? ` and ${drifted.length - first.length} more` : '';
  return { state: 'degraded', reason: `the last round found ${first.join(', ')}${more}`, facts };
}

const told = ({ id, part, kind }: Drift): string => `${id}${part === undefined ? '' : `/${part}`} ${kind}`;
