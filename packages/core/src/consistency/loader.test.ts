import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { currentCall, withContext } from '../pipe/context.ts';
import { Loader } from './loader.ts';

interface Row {
  id: string;
  read: number;
}

function recorded(more: { max?: number; rows?: (id: string) => boolean; delayMs?: number } = {}) {
  const statements: string[][] = [];
  const read = async (ids: string[]) => {
    statements.push(ids);
    const read = statements.length;
    if (more.delayMs) await sleep(more.delayMs);
    return ids.filter(more.rows ?? (() => true)).map((id): Row => ({ id, read }));
  };
  const loader = new Loader<Row>({
    one: async (id) => (await read([id]))[0],
    many: read,
    keyOf: ({ id }) => id,
    ...(more.max !== undefined && { max: more.max }),
  });
  return { loader, statements };
}

test('reads of one turn are one statement, each key once; a missing one is undefined', async () => {
  const { loader, statements } = recorded({ rows: (id) => id !== 'c' });
  const rows = await Promise.all(['a', 'b', 'a', 'c'].map((id) => loader.load(id)));
  expect(statements).toEqual([['a', 'b', 'c']]);
  expect(rows.map((row) => row?.id)).toEqual(['a', 'b', 'a', undefined]);
});

test('callers that go round together go on reading together', async () => {
  const { loader, statements } = recorded({ delayMs: 1 });
  await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      for (let round = 0; round < 10; round += 1) await loader.load(`${i}`);
    }),
  );
  expect(statements).toHaveLength(10);
});

test('a read does not join a statement that has left before it', async () => {
  const { loader, statements } = recorded({ delayMs: 20 });
  const first = loader.load('a');
  await sleep(5);
  const second = loader.load('a');
  expect([(await first)?.read, (await second)?.read]).toEqual([1, 2]);
  expect(statements).toHaveLength(2);
});

test('more keys than the maximum are several statements', async () => {
  const { loader, statements } = recorded({ max: 3 });
  const rows = await Promise.all(Array.from({ length: 7 }, (_, i) => loader.load(`${i}`)));
  expect(statements.map((ids) => ids.length)).toEqual([3, 3, 1]);
  expect(rows.map((row) => row?.id)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
});

test('a failing statement fails all of its readers, and the next one starts anew', async () => {
  let fails = true;
  const loader = new Loader<Row>({
    one: async (id) => ({ id, read: 1 }),
    many: async (ids) => {
      if (fails) throw new Error('lost');
      return ids.map((id) => ({ id, read: 1 }));
    },
    keyOf: ({ id }) => id,
  });
  const both = () => Promise.allSettled([loader.load('a'), loader.load('b')]);
  expect((await both()).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect((await both()).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
});

test('nobody waits longer than its own deadline, and no deadline ends the read of another', async () => {
  const { loader } = recorded({ delayMs: 60 });
  const hasty = withContext({ deadlineMs: 15 }, () => loader.load('a'));
  const patient = loader.load('b');
  await expect(hasty).rejects.toMatchObject({ kind: 'unavailable', code: 'deadline-exceeded' });
  expect((await patient)?.id).toBe('b');
});

test('a lone reader keeps its own context; a shared read has none', async () => {
  const seen: (string | undefined)[] = [];
  const note = () => void seen.push(currentCall()?.context.actor);
  const loader = new Loader<Row>({
    one: async (id) => (note(), { id, read: 1 }),
    many: async (ids) => (note(), ids.map((id) => ({ id, read: 1 }))),
    keyOf: ({ id }) => id,
  });
  await withContext({ actor: 'alice' }, () => loader.load('a'));
  await withContext({ actor: 'alice' }, () => Promise.all([loader.load('a'), loader.load('b')]));
  expect(seen).toEqual(['alice', undefined]);
});
