import type { ProbeResult } from './validations.ts';

/**
 * Σ weight × share of its looks that passed / Σ weight, over the probes of a run, in percent; skipped looks do not count. The resilience
 * score of LitmusChaos, kept within 0 and 100 by what it is made of.
 */
export function resilienceScore(
  results: readonly Pick<ProbeResult, 'path' | 'probe' | 'verdict' | 'weight'>[],
): number | undefined {
  const probes = new Map<string, { weight: number; looks: number; passed: number }>();
  for (const { path, probe, verdict, weight } of results) {
    if (verdict === 'skipped') continue;
    const key = `${path} ${probe}`;
    const of = probes.get(key) ?? { weight, looks: 0, passed: 0 };
    of.looks += 1;
    if (verdict === 'passed') of.passed += 1;
    probes.set(key, of);
  }
  let [weights, reached] = [0, 0];
  for (const { weight, looks, passed } of probes.values()) {
    weights += weight;
    reached += (weight * passed) / looks;
  }
  return weights > 0 ? Math.min(100, (100 * reached) / weights) : undefined;
}
