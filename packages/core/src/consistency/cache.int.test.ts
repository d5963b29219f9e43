import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { anyAmount, type Decimal } from '../values/decimal.ts';
import { outsideCalls } from '../pipe/context.ts';
import type { AdapterContext } from './adapter-context.ts';
import { Cache } from './cache.ts';
import { type TestInstance, testInstance } from './test-instance.ts';

interface Account {
  id: string;
  version: number;
  balance: Decimal;
}
const account = z.object({ id: z.string(), version: z.number(), balance: anyAmount });

let box: TestInstance;
let names = 0;
beforeAll(async () => {
  box = await testInstance(inject('servers'));
});
afterAll(() => box[Symbol.asyncDispose]());

const keyOf = ({ id }: { id: string }) => id;
const of = (id: string, version: number): Account => ({ id, version, balance: `${version}.5` as Decimal });

function accounts(
  more: {
    load?: (ids: string[]) => Promise<Account[]>;
    context?: AdapterContext;
    ttlMs?: number;
    absentTtlMs?: number;
    maxLoads?: number;
    versionOf?: () => number;
  } = {},
) {
  const truth = new Map<string, Account>();
  const loads: string[][] = [];
  const name = `accounts-${(names += 1)}`;
  const load =
    more.load ??
    (async (ids: string[]) => {
      loads.push(ids);
      return ids.flatMap((id) => truth.get(id) ?? []);
    });
  const { context = box.context, load: _, ...options } = more;
  const cache = new Cache<Account>(context, {
    name,
    schema: account,
    ttlMs: 60_000,
    keyOf,
    versionOf: (v) => v.version,
    ...options,
    load,
  });
  const key = (id: string) => box.context.coreKeys.cache(`${name}/${id}`);
  const stored = async (id: string) => box.admin.get(key(id));
  return { cache, truth, loads, key, stored };
}
const filled = async (stored: () => Promise<string | null>) => {
  await expect.poll(stored).not.toBeNull();
};

test('a miss is loaded once, together with the other misses, and is then a hit of the same value', async () => {
  const { cache, truth, loads, stored } = accounts();
  for (const id of ['a', 'b']) truth.set(id, of(id, 1));
  expect(await Promise.all(['a', 'b', 'a', 'none'].map((id) => cache.get(id)))).toEqual([
    of('a', 1),
    of('b', 1),
    of('a', 1),
    undefined,
  ]);
  expect(loads).toEqual([['a', 'b', 'none']]);
  await filled(() => stored('none'));
  expect(await Promise.all(['a', 'none'].map((id) => cache.get(id)))).toEqual([of('a', 1), undefined]);
  expect(loads).toHaveLength(1);
});

test('lookups of one turn are one command', async () => {
  const { cache, truth } = accounts();
  truth.set('a', of('a', 1));
  const commands = async () => Number(/cmdstat_mget:calls=(\d+)/.exec(await box.admin.info('commandstats'))?.[1] ?? 0);
  const before = await commands();
  await Promise.all(Array.from({ length: 50 }, (_, i) => cache.get(`k${i}`)));
  expect((await commands()) - before).toBe(1);
});

test('a refresh is seen at once, an older one is refused, a removed thing stays removed', async () => {
  const { cache, truth, loads, stored } = accounts();
  await cache.refresh(of('a', 3));
  await cache.refresh(of('a', 2));
  expect(await cache.get('a')).toEqual(of('a', 3));
  await cache.remove('a', 4);
  await cache.refresh(of('a', 3));
  expect(await cache.get('a')).toBeUndefined();
  expect(loads).toEqual([]);
  truth.set('a', of('a', 5));
  await cache.refresh(of('a', 5));
  expect(await stored('a')).toBe(`5:${JSON.stringify(of('a', 5))}`);
});

test('what is dropped is loaded again; below a version only what is older', async () => {
  const { cache, truth, loads } = accounts();
  truth.set('a', of('a', 2));
  await cache.refresh(of('a', 2));
  await cache.drop(['a'], 2);
  expect(loads).toHaveLength(0);
  await cache.drop(['a'], 3);
  truth.set('a', of('a', 3));
  expect(await cache.get('a')).toEqual(of('a', 3));
  await cache.drop(['a']);
  await cache.get('a');
  expect(loads).toHaveLength(2);
});

test('a value that is not of the schema is a miss and is replaced', async () => {
  const { cache, truth, key, stored } = accounts();
  truth.set('a', of('a', 1));
  for (const text of ['9:{"id":"a","version":9,"balance":1.5}', '9:{"id":', 'rubbish']) {
    await box.admin.set(key('a'), text);
    expect(await cache.get('a')).toEqual(of('a', 1));
    await expect.poll(() => stored('a')).toBe(`1:${JSON.stringify(of('a', 1))}`);
  }
});

test('every key has a time to live with jitter, an absence a short one', async () => {
  const { cache, truth, key } = accounts({ ttlMs: 100_000, absentTtlMs: 1000 });
  const ids = Array.from({ length: 30 }, (_, i) => `k${i}`);
  for (const id of ids) truth.set(id, of(id, 1));
  await Promise.all([...ids, 'none'].map((id) => cache.get(id)));
  await filled(() => box.admin.get(key('none')));
  const ttls = await Promise.all(ids.map((id) => box.admin.pttl(key(id))));
  expect(Math.min(...ttls)).toBeGreaterThan(89_000);
  expect(Math.max(...ttls)).toBeLessThanOrEqual(110_000);
  expect(new Set(ttls.map((ttl) => Math.round(ttl / 1000))).size).toBeGreaterThan(3);
  expect(await box.admin.pttl(key('none'))).toBeLessThanOrEqual(1100);
});

test('`fresh` asks the truth', async () => {
  const { cache, truth, loads } = accounts();
  await cache.refresh(of('a', 1));
  truth.set('a', of('a', 2));
  expect(await outsideCalls(() => cache.get('a'), true)).toEqual(of('a', 2));
  expect(loads).toEqual([['a']]);
});

test('without Redis the truth answers, a few statements at a time, and it is counted', async () => {
  await using dead = box.another({ redis: { url: 'redis://sample:none@127.0.0.1:1' } });
  let running = 0;
  let most = 0;
  const load = async (ids: string[]) => {
    most = Math.max(most, (running += 1));
    await sleep(5);
    running -= 1;
    return ids.map((id) => of(id, 1));
  };
  const { cache } = accounts({ context: dead, load, maxLoads: 2 });
  const read = async (i: number) => {
    await sleep(i % 7);
    return cache.get(`k${i}`);
  };
  const values = await Promise.all(Array.from({ length: 60 }, (_, i) => read(i)));
  expect(values.map((value) => value?.id)).toEqual(values.map((_, i) => `k${i}`));
  expect(most).toBeLessThanOrEqual(2);
  await cache.refresh(of('a', 1));
  await cache.drop(['a']);
  const metrics = await dead.telemetry.registry.metrics();
  expect(metrics).toMatch(/adapter_cache_reads_total\{.*result="fallback".*\} 60/);
  expect(metrics).toMatch(/adapter_cache_failed_writes_total\{.*\} 2/);
});

// Readers and writers in every order of their steps: once all is quiet, the cache holds the truth or nothing.
test.each(['versioned', 'derived'] as const)(
  'no order of reads and writes leaves an old value behind: %s',
  async (kind) => {
    const action = fc.constantFrom('read', 'write', 'write-unheard', 'remove');
    // Between two steps Redis has the time to answer what is under way.
    const act = async (step: () => Promise<void>) => {
      await step();
      await box.admin.ping();
      await box.admin.ping();
    };
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler({ act }),
        fc.array(action, { minLength: 2, maxLength: 7 }),
        async (scheduler, actions) => {
          const turn = () => scheduler.schedule(Promise.resolve());
          let truth: Account | undefined = of('a', 1);
          let version = 1;
          const load = async () => {
            await turn();
            const read = truth;
            await turn();
            return read ? [read] : [];
          };
          const { cache, stored } = accounts({ load, ...(kind === 'derived' && { versionOf: () => 0 }) });
          const perform = async (what: (typeof actions)[number]) => {
            await turn();
            if (what === 'read') return void (await cache.get('a'));
            const written = (version += 1);
            truth = what === 'remove' ? undefined : of('a', written);
            await turn();
            if (kind === 'derived') return cache.drop(['a']);
            // The refresh was lost: the relay drops what is older.
            if (what === 'write-unheard') return cache.drop(['a'], written);
            return what === 'remove' ? cache.remove('a', written) : cache.refresh(of('a', written));
          };
          await scheduler.waitFor(Promise.all(actions.map(perform)));
          await sleep(2); // nobody waits for a fill
          const text = await stored('a');
          if (text !== null && !text.startsWith('!'))
            expect(text.slice(text.indexOf(':') + 1)).toBe(truth ? JSON.stringify(truth) : '');
        },
      ),
      { numRuns: 150 },
    );
  },
);
