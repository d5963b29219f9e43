import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import type { AdapterContext } from './adapter-context.ts';
import { Epoch } from './epoch.ts';
import { LeaseRepository } from './leases.ts';
import { type TestInstance, testInstance } from './test-instance.ts';

let box: TestInstance;
let key: string;
let copyKey: string;
beforeAll(async () => {
  box = await testInstance(inject('servers'));
  key = box.context.coreKeys.epoch('all');
  copyKey = `${box.context.identity.prefix}:test:{copy}`;
});
afterAll(() => box[Symbol.asyncDispose]());
beforeEach(() => box.admin.del(key, copyKey));

function process(context: AdapterContext = box.context) {
  const leases = new LeaseRepository(context);
  const epoch = new Epoch(context, leases);
  const rebuilds: string[] = [];
  const stop = new AbortController();
  return {
    epoch,
    rebuilds,
    start: () => void epoch.run(stop.signal).catch(() => {}),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await leases.close();
    },
  };
}

test('an emptied Redis is not believed until it is rebuilt', async () => {
  await using one = process();
  one.epoch.onMismatch('copy', async () => void (await box.admin.set(copyKey, 'rebuilt')));
  await expect(one.epoch.ensure()).rejects.toMatchObject({ kind: 'unavailable', code: 'epoch-mismatch' });
  one.start();
  await expect.poll(() => one.epoch.state).toBe('current');
  await one.epoch.ensure();
  expect(await box.admin.get(copyKey)).toBe('rebuilt');
  expect(await box.admin.get(key)).toBe((await box.db.query('select epoch from epoch')).rows[0].epoch);

  // A read that finds nothing asks at once, and does not wait for the next check.
  await box.admin.del(key, copyKey);
  await expect(one.epoch.confirm()).rejects.toMatchObject({ code: 'epoch-mismatch' });
  await expect.poll(() => one.epoch.confirm().then(() => one.epoch.state), { timeout: 5000 }).toBe('current');
  expect(await box.admin.get(copyKey)).toBe('rebuilt');
});

test('a restored database begins another epoch, and Redis is rebuilt', async () => {
  await using one = process();
  let rebuilt = 0;
  one.epoch.onMismatch('copy', async () => void (rebuilt += 1));
  one.start();
  await expect.poll(() => one.epoch.state).toBe('current');
  await one.epoch.renew();
  await expect.poll(() => rebuilt, { timeout: 5000 }).toBe(2);
  await expect.poll(() => one.epoch.state).toBe('current');
});

test('of many processes one rebuilds', async () => {
  let rebuilds = 0;
  const rebuild = async () => {
    rebuilds += 1;
    await sleep(30);
  };
  await using stack = new AsyncDisposableStack();
  const all = Array.from({ length: 5 }, () => stack.use(process(stack.use(box.another()))));
  for (const { epoch, start } of all) {
    epoch.onMismatch('copy', rebuild);
    start();
  }
  for (const { epoch } of all) await expect.poll(() => epoch.state, { timeout: 5000 }).toBe('current');
  expect(rebuilds).toBe(1);
});

test('a Redis that is emptied again during the rebuild is rebuilt again', async () => {
  await using one = process();
  let rebuilt = 0;
  one.epoch.onMismatch('copy', async () => {
    rebuilt += 1;
    await box.admin.set(copyKey, 'rebuilt');
    if (rebuilt === 1) await box.admin.del(key, copyKey);
  });
  one.start();
  await expect.poll(() => one.epoch.state, { timeout: 5000 }).toBe('current');
  expect(rebuilt).toBe(2);
  expect(await box.admin.get(copyKey)).toBe('rebuilt');
});

test('without PostgreSQL live reads go on, and an emptied Redis is still found', async () => {
  await box.admin.set(key, 'of-some-epoch');
  await using dead = box.another({ postgres: { url: 'postgres://sample:none@127.0.0.1:1/none' } });
  await using one = process(dead);
  await one.epoch.ensure();
  await box.admin.del(key);
  await expect(one.epoch.confirm()).rejects.toMatchObject({ code: 'epoch-mismatch' });
});
