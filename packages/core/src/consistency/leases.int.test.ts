import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { LeaseRepository } from './leases.ts';
import { type TestInstance, testInstance } from './test-instance.ts';

let box: TestInstance;
let leases: LeaseRepository;
let others: LeaseRepository;
beforeAll(async () => {
  box = await testInstance(inject('servers'));
  leases = new LeaseRepository(box.context);
  others = new LeaseRepository(box.another());
});
afterAll(async () => {
  await Promise.all([leases.close(), others.close()]);
  await box[Symbol.asyncDispose]();
});

test('one holder at a time in all processes, and the fence grows with each', async () => {
  let inside = 0;
  const fences: number[] = [];
  await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      await using lease = await (i % 2 ? leases : others).hold('matching/BTC-USD');
      expect((inside += 1)).toBe(1);
      fences.push(lease.fence);
      await sleep(3);
      inside -= 1;
    }),
  );
  expect(fences).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
});

test('a renewed lease outlives its time to live, with the same fence', async () => {
  const lease = await leases.hold('kept', { ttlMs: 150 });
  const taken = others.hold('kept', { deadlineMs: 500 });
  await expect(taken).rejects.toMatchObject({ kind: 'unavailable', code: 'lease-held' });
  expect(lease.signal.aborted).toBe(false);
  await lease.release();
  expect(lease.signal.reason).toMatchObject({ code: 'lease-released' });
  const next = await others.hold('kept');
  expect(next.fence).toBe(lease.fence + 1);
  await next.release();
  await next.release();
});

test('a holder that was stopped beyond its time knows it before it does anything', async () => {
  const lease = await leases.hold('stopped', { ttlMs: 120 });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  expect(lease.signal.aborted).toBe(true);
  expect(lease.signal.reason).toMatchObject({ kind: 'conflict', code: 'lease-lost' });
  const next = await others.hold('stopped', { deadlineMs: 1000 });
  expect(next.fence).toBeGreaterThan(lease.fence);
  await next.release();
});

test('a stopped holder is also told by the signal alone', async () => {
  const { signal } = await leases.hold('told', { ttlMs: 120 });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  await sleep(20);
  expect(signal.aborted).toBe(true);
});

test('a lease that another has taken in the store is lost with the next renewal', async () => {
  const lease = await leases.hold('stolen', { ttlMs: 300 });
  await box.db.query(`update leases set holder = 'thief', fence = fence + 1 where name = 'stolen'`);
  await expect.poll(() => lease.signal.aborted).toBe(true);
  await lease.release();
  expect((await box.db.query(`select holder from leases where name = 'stolen'`)).rows).toEqual([{ holder: 'thief' }]);
});

test('waiting ends with the signal, and nothing is left held', async () => {
  const held = await leases.hold('busy');
  const abort = new AbortController();
  const waiting = others.hold('busy', { signal: abort.signal });
  await sleep(30);
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await held.release();
  await sleep(50);
  const next = await leases.hold('busy', { deadlineMs: 500 });
  expect(next.fence).toBeGreaterThan(held.fence);
  await next.release();
});

test('a lost store: the lease stands until its time is over, then it is lost', async () => {
  await using process = box.another();
  const lease = await new LeaseRepository(process).hold('cut-off', { ttlMs: 400 });
  await process.pg.close(10);
  await sleep(200);
  expect(lease.signal.aborted).toBe(false);
  await expect.poll(() => lease.signal.aborted).toBe(true);
});

test('bad input says what is wrong', async () => {
  await expect(leases.hold('')).rejects.toMatchObject({ kind: 'invalid-input', issues: [{ path: 'name' }] });
  await expect(leases.hold('x', { ttlMs: 5 })).rejects.toMatchObject({
    kind: 'invalid-input',
    issues: [{ path: 'ttlMs' }],
  });
});

test('closing gives back what is held and ends the waiting', async () => {
  const own = new LeaseRepository(box.context);
  const lease = await own.hold('closing');
  const waiting = expect(own.hold('closing')).rejects.toMatchObject({ code: 'adapter-closed' });
  await sleep(20);
  await own.close();
  expect(lease.signal.aborted).toBe(true);
  await waiting;
  await (await leases.hold('closing', { deadlineMs: 500 })).release();
});
