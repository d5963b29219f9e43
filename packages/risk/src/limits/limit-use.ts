import { type AdapterContext, type Decimal, answers, functionCall } from '@tse/core';
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

/** How much of a scope's limits is used now. */
export async function measureUse({ pg, clock }: AdapterContext, scope: string): Promise<LimitUse[]> {
  const rows = await pg.many(observeScope, { scope, at: clock.now() });
  return rows.flatMap(
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
}
