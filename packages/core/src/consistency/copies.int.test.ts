import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { type Copy, CopyStore } from './copies.ts';
import { DriftVerifier } from './drift.ts';
import { type TestInstance, testInstance } from './test-instance.ts';

interface Row {
  name: string;
  quantity: string;
}

let box: TestInstance;
const keyOf = (id: string) => `${box.context.identity.prefix}:test:{${id}}`;
beforeAll(async () => {
  box = await testInstance(inject('servers'));
});
afterAll(() => box[Symbol.asyncDispose]());
beforeEach(() => box.admin.del(keyOf('a')).then(() => truth.clear()));

/** What the tables would say: by field. */
const truth = new Map<string, Copy<Row>>();
const row = (field: string, version: number, quantity: string | null): Copy<Row> => ({
  id: 'a',
  field,
  version,
  value: quantity === null ? null : { name: field, quantity },
});
const write = (...rows: Copy<Row>[]) => {
  for (const one of rows) truth.set(one.field, one);
  return rows;
};
const load = () => Promise.resolve([...truth.values()].filter(({ value }) => value !== null));
const store = () => new CopyStore<Row>(box.context, keyOf);
const quantities = (rows: readonly Row[] | undefined) => rows?.map(({ name, quantity }) => `${name} ${quantity}`);

test('a first read fills the copy, a refresh reaches it, and what is gone is gone', async () => {
  const copies = store();
  write(row('x', 1, '10'), row('y', 1, '20'));
  expect(await copies.find('a')).toBeUndefined();
  expect(quantities(await copies.read('a', false, load))).toEqual(['x 10', 'y 20']);
  await expect.poll(async () => quantities(await store().find('a'))).toEqual(['x 10', 'y 20']);
  copies.refresh(write(row('x', 2, '11'), row('y', 2, null), row('z', 1, '30')));
  copies.refresh([row('x', 1, '10')]);
  expect(quantities(await copies.find('a'))).toEqual(['x 11', 'z 30']);
  await expect.poll(async () => quantities(await store().find('a'))).toEqual(['x 11', 'z 30']);
  await copies.close();
});

test('a copy that drifted is found by its part, dropped, and filled by the next read', async () => {
  const copies = store();
  write(row('x', 3, '10'), row('y', 1, '20'), row('z', 1, '30'));
  await copies.fill('a', await load());
  await box.admin.hset(keyOf('a'), 'x', `2 ${JSON.stringify({ name: 'x', quantity: '9' })}`);
  await box.admin.hset(keyOf('a'), 'y', `1 ${JSON.stringify({ name: 'y', quantity: '21' })}`);
  await box.admin.hdel(keyOf('a'), 'z');
  const verifier = new DriftVerifier(box.context, copies.projection('rows', load));
  expect(await verifier.verify({ repair: true })).toEqual({
    checked: 1,
    drifted: [
      { id: 'a', part: 'x', kind: 'behind' },
      { id: 'a', part: 'y', kind: 'different' },
      { id: 'a', part: 'z', kind: 'missing' },
    ],
  });
  expect(await copies.find('a')).toBeUndefined();
  expect(quantities(await copies.read('a', false, load))).toEqual(['x 10', 'y 20', 'z 30']);
  expect((await verifier.verify()).drifted).toEqual([]);
});

test('a part that stays wrong is found among others that are written all the time', async () => {
  const copies = store();
  write(row('x', 1, '1'), row('stuck', 2, '10'));
  await copies.fill('a', await load());
  await box.admin.hset(keyOf('a'), 'stuck', `1 ${JSON.stringify({ name: 'stuck', quantity: '9' })}`);
  const writes = new AbortController();
  const writing = (async () => {
    for (let version = 2; !writes.signal.aborted; version += 1) {
      copies.refresh(write(row('x', version, `${version}`)));
      await sleep(3);
    }
  })();
  const verifier = new DriftVerifier(box.context, copies.projection('rows', load));
  for (let round = 0; round < 3; round += 1)
    expect((await verifier.verify()).drifted).toEqual([{ id: 'a', part: 'stuck', kind: 'behind' }]);
  writes.abort();
  await writing;
  await copies.close();
});
