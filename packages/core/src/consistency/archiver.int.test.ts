import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { arrayLiteral } from '../postgres/codecs.ts';
import { queryBuilder, statement } from '../postgres/statement.ts';
import type { AdapterContext } from './adapter-context.ts';
import { type ArchiveSource, Archiver } from './archiver.ts';
import { type Crash, crashingContext } from './crashing-context.ts';
import { LeaseRepository } from './leases.ts';
import { type TestInstance, testInstance } from './test-instance.ts';

const db = queryBuilder<Record<string, never>>();
const storeQuotes = statement('quotes.store', 'write', (p: { ids: string; prices: string }) => ({
  compile: () =>
    sql`insert into quotes (id, price) select * from unnest(${p.ids}::text[], ${p.prices}::text[])`.compile(db),
}));

let box: TestInstance;
let key: string;
beforeAll(async () => {
  box = await testInstance(inject('servers'));
  key = `${box.context.identity.prefix}:test:{quotes}`;
  await box.db.query('create table quotes (id text not null, price text not null)');
  await box.db.query(`grant all on quotes to ${box.context.identity.roles.adapter}`);
});
afterAll(() => box[Symbol.asyncDispose]());
beforeEach(async () => {
  await box.admin.del(key);
  await box.db.query('truncate quotes, archive_watermarks, archive_gaps');
});

interface Quote {
  id: string;
  price: string;
}

/** A stream; the entry at the watermark is kept as the proof that nothing was lost. */
const quotes = ({ redis }: AdapterContext): ArchiveSource<Quote> => ({
  async read(after, limit) {
    const entries = await redis.read('quotes.read', (c) =>
      c.xrange(key, after === '' ? '-' : after, '+', 'COUNT', limit + 1),
    );
    if (after !== '' && entries[0]?.[0] !== after) return undefined;
    return entries
      .slice(after === '' ? 0 : 1, limit + (after === '' ? 0 : 1))
      .map(([position, [, id, , price]]) => ({ position, fact: { id: id!, price: price! } }));
  },
  trim: async (before) => void (await redis.write('quotes.trim', (c) => c.xtrim(key, 'MINID', before))),
  size: () => redis.read('quotes.size', async (c) => Number(`${await c.xlen(key)}`)),
});

const archiver = (context: AdapterContext, batch: number) =>
  new Archiver(context, new LeaseRepository(context), {
    series: 'quotes',
    batch,
    source: quotes(context),
    store: async (tx, facts) =>
      void (await tx.run(storeQuotes, {
        ids: arrayLiteral(facts.map(({ id }) => id)),
        prices: arrayLiteral(facts.map(({ price }) => price)),
      })),
  });
const quote = (id: string) => box.admin.xadd(key, '*', 'id', id, 'price', '1.25');
const archived = async () =>
  (await box.db.query('select id from quotes')).rows.map(({ id }: { id: string }) => Number(id)).sort((a, b) => a - b);
const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);

test('many series of a kind share a label, and whoever has them adds up what waits', async () => {
  for (const i of numbers(5)) await quote(`${i}`);
  const waiting: number[] = [];
  const one = new Archiver(box.context, new LeaseRepository(box.context), {
    series: 'quotes/BTC-USD',
    label: 'quotes-of-a-kind',
    onBacklog: (facts) => waiting.push(facts),
    batch: 2,
    source: quotes(box.context),
    store: async () => {},
  });
  while ((await one.archiveNext()) > 0);
  expect(waiting).toEqual([3, 1, 0, 0]);
  const told = await box.context.telemetry.registry.metrics();
  expect(told).toContain('series="quotes-of-a-kind"');
  expect(told).not.toContain('BTC-USD');
});

test('facts go to PostgreSQL in batches, and leave Redis only then', async () => {
  for (const i of numbers(25)) await quote(`${i}`);
  const one = archiver(box.context, 10);
  expect([await one.archiveNext(), await one.archiveNext(), await one.archiveNext(), await one.archiveNext()]).toEqual([
    10, 10, 5, 0,
  ]);
  expect(await archived()).toEqual(numbers(25));
  expect(await box.admin.xlen(key)).toBe(1);
  await quote('25');
  expect(await one.archiveNext()).toBe(1);
  expect(await archived()).toEqual(numbers(26));
});

test('the worker moves what comes, until it is told to end', async () => {
  const stop = new AbortController();
  const ended = archiver(box.context, 100).run(stop.signal);
  for (const i of numbers(10)) await quote(`${i}`);
  await expect.poll(archived).toEqual(numbers(10));
  stop.abort();
  await ended;
});

test('what a lost Redis took is marked, and the series goes on', async () => {
  const one = archiver(box.context, 10);
  for (const i of numbers(5)) await quote(`${i}`);
  await one.archiveNext();
  await quote('5'); // acknowledged, and lost with Redis
  await box.admin.del(key);
  expect(await one.archiveNext()).toBe(0);
  for (const i of [6, 7]) await quote(`${i}`);
  expect(await one.archiveNext()).toBe(2);
  expect(await archived()).toEqual([0, 1, 2, 3, 4, 6, 7]);
  const gaps = (await box.db.query('select series, after_position from archive_gaps')).rows;
  expect(gaps).toEqual([{ series: 'quotes', after_position: expect.stringMatching(/^\d+-\d+$/) }]);
});

test('two archivers at once move each fact once', async () => {
  for (const i of numbers(60)) await quote(`${i}`);
  await Promise.all(
    numbers(4).map(async () => {
      const one = archiver(box.context, 7);
      for (let tries = 0; tries < 40; tries += 1) await one.archiveNext().catch(() => {});
    }),
  );
  expect(await archived()).toEqual(numbers(60));
});

test('wherever a process dies, each fact is archived once', async () => {
  const crash = fc.record({
    step: fc.integer({ min: 1, max: 25 }),
    when: fc.constantFrom<Crash['when']>('before', 'after'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(crash, { maxLength: 4 }), fc.integer({ min: 1, max: 6 }), async (crashes, batch) => {
      await box.admin.del(key);
      await box.db.query('truncate quotes, archive_watermarks, archive_gaps');
      let next = 0;
      const more = async () => {
        for (let i = 0; i < 5; i += 1) await quote(`${next++}`);
      };
      for (const each of crashes) {
        await more();
        const dying = archiver(crashingContext(box.context, each), batch);
        for (let round = 0; round < 4; round += 1) await dying.archiveNext().catch(() => {});
      }
      await more();
      const last = archiver(box.context, batch);
      while ((await last.archiveNext()) > 0);
      expect(await archived()).toEqual(numbers(next));
      expect((await box.db.query('select 1 from archive_gaps')).rowCount).toBe(0);
    }),
    { numRuns: 40 },
  );
});
