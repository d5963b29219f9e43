import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCoordinator, testCoordinator } from '../test-run.ts';

let t: TestCoordinator;
beforeAll(async () => {
  t = await testCoordinator({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const mirrored = (name: string) =>
  t.stores.redis.read('test', (client) => client.hgetall(`${t.coordinator.identity.prefix}:lock:{${name}}`));

test('one holds a lock at a time, each with a higher fence, and Redis shows who', async () => {
  const { locks } = t.coordinator;
  expect(await locks.find('environment')).toBeUndefined();
  const first = await locks.hold('environment');
  expect(await locks.find('environment')).toMatchObject({ fence: first.fence, held: true, holder: first.holder });
  expect(await mirrored('environment')).toEqual({ fence: String(first.fence), holder: first.holder });
  await expect(locks.hold('environment', { deadlineMs: 100 })).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'lease-held',
  });
  const waiting = locks.hold('environment');
  await first.release();
  await using second = await waiting;
  expect(second.fence).toBeGreaterThan(first.fence);
  await expect.poll(() => mirrored('environment')).toMatchObject({ fence: String(second.fence) });
});

test('a lock is held without Redis too, and given back it is nobody’s', async () => {
  const { locks } = t.coordinator;
  {
    await using _down = t.box.redis.down();
    await using lease = await locks.hold('without-redis');
    expect(await locks.find('without-redis')).toMatchObject({ fence: lease.fence, held: true });
  }
  const free = await locks.find('without-redis');
  expect(free).toMatchObject({ held: false });
  expect(free).not.toHaveProperty('holder');
});
