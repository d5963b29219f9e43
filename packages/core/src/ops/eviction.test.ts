import { expect, test } from 'vitest';
import { judgeEviction } from './eviction.ts';

const memory = (policy: string) =>
  `# Memory\r\nused_memory:1\r\nmaxmemory:0\r\nmaxmemory_policy:${policy}\r\nlazyfree:0\r\n`;

test.each(['noeviction', 'volatile-lru', 'volatile-ttl'])('%s keeps what has no time to live', (policy) => {
  expect(judgeEviction(memory(policy))).toEqual({ state: 'up', facts: { policy } });
});

test.each(['allkeys-lru', 'allkeys-lfu', 'allkeys-random'])('%s may lose what is only in Redis', (policy) => {
  expect(judgeEviction(memory(policy))).toMatchObject({ state: 'degraded', reason: expect.stringContaining(policy) });
});

test('an answer without a policy is no assurance', () => {
  expect(judgeEviction('# Memory\r\n')).toMatchObject({ state: 'degraded', facts: { policy: 'unknown' } });
});
