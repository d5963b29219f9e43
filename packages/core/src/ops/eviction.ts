import type { Redis } from '../redis/redis.ts';
import type { Finding, HealthContribution } from './health.ts';

const KEPT_MS = 60_000;

/** Data that is in Redis first must not be evictable: asked at the first check and now and again, because the setting can change. */
export function evictionCheck(redis: Redis): HealthContribution {
  let kept: Finding | undefined;
  let keptAt = -Infinity;
  return {
    name: 'eviction',
    needs: ['redis'],
    async check() {
      if (kept && performance.now() - keptAt < KEPT_MS) return kept;
      const memory = await redis.read('redis.memory', (client) => client.info('memory'));
      kept = judgeEviction(memory);
      keptAt = performance.now();
      return kept;
    },
  };
}

/** What `INFO memory` says about it. */
export function judgeEviction(memory: string): Finding {
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'unknown';
  const facts = { policy };
  if (policy === 'noeviction' || policy.startsWith('volatile-')) return { state: 'up', facts };
  const reason = `maxmemory-policy ${policy} may evict data that is only in Redis: set noeviction or a volatile- policy`;
  return { state: 'degraded', reason, facts };
}
