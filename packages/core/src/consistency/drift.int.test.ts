import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { DriftVerifier, differenceOf } from './drift.ts';
import { type TestInstance, testInstance } from './test-instance.ts';

let box: TestInstance;
const keyOf = (id: string) => `${box.context.identity.prefix}:test:{level-${id}}`;
beforeAll(async () => {
  box = await testInstance(inject('servers'));
  await box.db.query('create table levels (id text primary key, version integer not null, quantity text not null)');
});
afterAll(() => box[Symbol.asyncDispose]());
beforeEach(async () => {
  await box.db.query('truncate levels');
  await box.admin.del(...['a', 'b', 'c', 'd', 'e'].map(keyOf));
});

const write = (id: string, version: number, quantity: string) =>
  box.db.query(
    'insert into levels values ($1, $2, $3) on conflict (id) do update set version = excluded.version, quantity = excluded.quantity',
    [id, version, quantity],
  );
const copy = (id: string, version: number, quantity: string) => box.admin.hset(keyOf(id), { version, quantity });
const truth = async (id: string) => {
  const [row] = (await box.db.query('select version, quantity from levels where id = $1', [id])).rows;
  return row && { version: row.version as number, value: row.quantity as string };
};
const verifier = () =>
  new DriftVerifier(box.context, {
    name: 'levels',
    ids: () => Promise.resolve(['a', 'b', 'c', 'd', 'e']),
    async differences(id) {
      const { version, quantity } = await box.admin.hgetall(keyOf(id));
      const kept = version === undefined ? undefined : { version: Number(version), value: quantity! };
      return differenceOf(kept, await truth(id));
    },
    async repair(id) {
      const row = await truth(id);
      if (row) await copy(id, row.version, row.value);
      else await box.admin.del(keyOf(id));
    },
  });
const told = async (name: string) =>
  Number(
    new RegExp(`^adapter_projection_${name}\\{.*projection="levels".*\\} (\\S+)`, 'm').exec(
      await box.context.telemetry.registry.metrics(),
    )?.[1],
  );

test('each kind of drift is found and counted, and repaired where that is asked for', async () => {
  for (const id of ['a', 'b', 'c', 'e']) await write(id, 2, '10');
  await copy('a', 2, '10');
  await copy('b', 2, '11');
  await copy('c', 1, '9');
  await copy('d', 1, '9');
  const found = [
    { id: 'b', kind: 'different' },
    { id: 'c', kind: 'behind' },
    { id: 'd', kind: 'surplus' },
    { id: 'e', kind: 'missing' },
  ];
  expect(await verifier().verify()).toEqual({ checked: 5, drifted: found });
  expect(await told('drift')).toBe(4);
  expect(await told('checks_total')).toBe(5);
  expect(await told('drifts_total')).toBe(4);
  expect(await told('repairs_total')).toBe(0);
  const repairing = verifier();
  expect((await repairing.verify({ repair: true })).drifted).toEqual(found);
  expect(await told('drift')).toBe(0);
  expect(await told('repairs_total')).toBe(4);
  expect(await told('rebuild_seconds')).toBeGreaterThan(0);
  expect(await verifier().verify()).toEqual({ checked: 5, drifted: [] });
});

test('of what stands unrepaired the oldest is timed, from when it was first seen until it is gone', async () => {
  await write('a', 2, '10');
  await copy('a', 1, '9');
  const watching = verifier();
  await watching.verify();
  expect(await told('oldest_drift_seconds')).toBeLessThan(0.2);
  const since = performance.now();
  await write('b', 2, '10');
  await copy('b', 2, '11');
  await expect
    .poll(async () => {
      await watching.verify();
      return await told('oldest_drift_seconds');
    })
    .toBeGreaterThan(0.2);
  expect(await told('oldest_drift_seconds')).toBeLessThanOrEqual((performance.now() - since) / 1000 + 0.1);
  await watching.verify({ repair: true });
  expect(await told('oldest_drift_seconds')).toBe(0);
});

test('writes under way are no drift', async () => {
  const writes = new AbortController();
  const writing = (async () => {
    for (let version = 1; !writes.signal.aborted; version += 1) {
      await write('a', version, `${version}`);
      await sleep(2);
      await copy('a', version, `${version}`);
    }
  })();
  await sleep(20);
  for (let round = 0; round < 3; round += 1) expect((await verifier().verify()).drifted).toEqual([]);
  writes.abort();
  await writing;
});
