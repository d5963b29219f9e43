import { type AdapterContext, type Decimal, answers, functionCall } from '@tse/core';
import type { CopyStore } from '../copies/copies.store.ts';
import type { LimitMetric } from './limit-metrics.ts';
import type { LimitUse } from './limits.ts';

const observeScope = functionCall(
  'risk.limits.listUse',
  'read',
  'observe_limits',
  ['at', 'scope'],
  answers<{
    limit_id: string;
    version: number;
    metric: LimitMetric;
    subject: string;
    enabled: boolean;
    observed: Decimal | null;
    code: string | null;
    warn: Decimal | null;
    soft: Decimal | null;
    hard: Decimal | null;
  }>(),
);

/** For how long what was measured is told again without measuring. */
const FRESH_MS = 1000;

/** How much of a scope's limits is used, measured at most once a second for those who do not ask for it fresh. */
export class LimitUseStore {
  readonly #context: AdapterContext;
  readonly #copies: CopyStore<{ measuredAt: number; uses: LimitUse[] }>;

  constructor(context: AdapterContext, copies: CopyStore<{ measuredAt: number; uses: LimitUse[] }>) {
    this.#context = context;
    this.#copies = copies;
  }

  async list(scope: string, fresh: boolean): Promise<LimitUse[]> {
    // The host's time: it is about the cost of measuring, not about what is measured.
    const now = Date.now();
    if (!fresh) {
      const copy = (await this.#copies.find(scope))?.[0];
      if (copy && Math.abs(now - copy.measuredAt) < FRESH_MS) return copy.uses;
    }
    const rows = await this.#context.pg.many(observeScope, { scope, at: this.#context.clock.now() });
    const uses = rows.flatMap(
      ({ limit_id, version, metric, subject, enabled, observed, code, warn, soft, hard }): LimitUse[] => {
        if (!enabled) return [];
        const limit = (hard ?? soft ?? warn)!;
        const ratio = observed === null ? NaN : Number(observed) / Number(limit);
        return [
          {
            limitId: limit_id,
            version,
            metric,
            ...(subject !== '' && { subject }),
            ...(observed !== null && { observed }),
            ...(code !== null && { code }),
            limit,
            ...(Number.isFinite(ratio) && { ratio }),
          },
        ];
      },
    );
    void this.#copies.fill(scope, [{ id: scope, field: 'use', version: now, value: { measuredAt: now, uses } }]);
    return uses;
  }
}
