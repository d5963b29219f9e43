import type { DriftReport } from '../consistency/drift.ts';
import type { Finding, HealthContribution } from './health.ts';

/** What a verifier of copies in Redis found in its last round, for health. */
export const driftCheck = (verifier: {
  readonly name: string;
  readonly last: DriftReport | undefined;
}): HealthContribution => ({
  name: verifier.name,
  check: () => judgeDrift(verifier.last),
});

export function judgeDrift({ checked, drifted }: DriftReport = { checked: 0, drifted: [] }): Finding {
  const facts = { checked, drifted: drifted.length };
  if (drifted.length === 0) return { state: 'up', facts };
  const first = drifted.slice(0, 3).map(({ id, kind }) => `${id} ${kind}`);
  const more = drifted.length > first.length ? ` and ${drifted.length - first.length} more` : '';
  return { state: 'degraded', reason: `the last round found ${first.join(', ')}${more}`, facts };
}
