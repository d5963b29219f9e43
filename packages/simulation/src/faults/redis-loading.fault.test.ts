import { startRedis } from '@tse/testkit/servers';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { openArena } from './arena.ts';

const KEYS = 3000;
const MICROSECONDS_A_KEY = 1000;

test('a Redis that loads its data for a while is used as soon as it has loaded it', async () => {
  await using arena = await openArena();
  await using other = await startRedis({
    purpose: 'test',
    env: { ...process.env, INFRA: 'embedded' },
    log: () => {},
  });
  const source = new Redis(other.adminUrl);
  // Much comes after the little that takes long: what the server says of the time left is far too long.
  await source.mset(Object.fromEntries(Array.from({ length: KEYS }, (_, i) => [`key-${i}`, 'little'])));
  await source.select(1);
  await source.setrange('much', 20_000_000, 'x');
  source.disconnect();

  const exchange = arena.open();
  await exchange.ready();
  await exchange.accounts.open({ accountId: 'alice', ownerId: 'alice' });
  const admin = new Redis(arena.admin.redisUrl);
  await admin.config('SET', 'loading-process-events-interval-bytes', '1024', 'key-load-delay', MICROSECONDS_A_KEY);
  await admin.config('SET', 'masterauth', new URL(other.adminUrl).password);
  const loading = async () => /loading:1/.test(await admin.info('persistence'));
  // A replica loads what its source has, and does not answer meanwhile.
  await admin.replicaof(other.host, other.port);
  await expect.poll(loading, { timeout: 20_000, interval: 50 }).toBe(true);
  arena.toRedis.cut();
  await expect.poll(loading, { timeout: 60_000, interval: 50 }).toBe(false);
  await admin.call('REPLICAOF', 'NO', 'ONE');
  const loaded = performance.now();
  const started = () =>
    exchange.sessions.start({ accountId: 'alice' }).then(
      ({ accountId }) => accountId,
      () => undefined,
    );
  await expect.poll(started, { timeout: 30_000, interval: 20 }).toBe('alice');
  console.log(`Redis is used ${Math.round(performance.now() - loaded)} ms after it has loaded its data`);
  admin.disconnect();
});
