import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { z } from 'zod';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import { type Crash, crashingContext } from '../consistency/crashing-context.ts';
import { LeaseRepository } from '../consistency/leases.ts';
import { type TestInstance, testInstance } from '../consistency/test-instance.ts';
import { currentContext, writeContext } from '../pipe/context.ts';
import { ConflictError, UnavailableError } from '../pipe/errors.ts';
import { queryBuilder, statement } from '../postgres/statement.ts';
import { type EventOf, defineEvents } from './event.ts';
import { EventInbox } from './inbox.ts';
import { definePriceFeed } from './price-feed.ts';
import { replayEvents } from './replay.ts';
import { startRelay, upTo, writeEvent } from './test-outbox.ts';

const identity = { name: 'sample', schema: 'sample', prefix: 'sample' };
const notes = defineEvents(identity, {
  'note.added': { payload: z.object({ n: z.int() }), example: { n: 1 } },
  'note.rated': { payload: z.object({ stars: z.int() }), example: { stars: 5 } },
});
type Added = EventOf<typeof notes, 'note.added'>;

let source: TestInstance;
let box: TestInstance;
let instance: string;
let relay: ReturnType<typeof startRelay>;
beforeAll(async () => {
  [source, box] = await Promise.all([testInstance(inject('servers')), testInstance(inject('servers'))]);
  instance = source.context.identity.instance!;
  relay = startRelay(source.context);
  await box.db.query('create table applied (n bigint not null)');
  await box.db.query(`grant all on applied to ${box.context.identity.roles.adapter}`);
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await Promise.all([source[Symbol.asyncDispose](), box[Symbol.asyncDispose]()]);
});
let first = 1;
beforeEach(async () => {
  await box.db.query(
    'truncate inbox_checkpoints, dead_letters, applied; update leases set expires_at = clock_timestamp()',
  );
  first = Number((await source.db.query('select count(*) + 1 as n from outbox')).rows[0].n);
});

function inbox(context: AdapterContext = box.context) {
  const leases = new LeaseRepository(context);
  const made = new EventInbox(context, leases);
  const close = async () => {
    await made.close();
    await leases.close();
  };
  return Object.assign(made, { [Symbol.asyncDispose]: close });
}
let names = 0;
const named = () => `fills-${(names += 1)}`;
const write = async (count: number, more: Parameters<typeof writeEvent>[1] = {}) => {
  const from = Number((await source.db.query('select count(*) + 1 as n from outbox')).rows[0].n);
  for (let i = 0; i < count; i += 1) await writeEvent(source.db, { payload: { n: from + i }, ...more });
};
const checkpoint = async (consumer: string) =>
  Number(
    (await box.db.query('select publish_seq from inbox_checkpoints where consumer = $1', [consumer])).rows[0]
      ?.publish_seq ?? -1,
  );

test('a consumer gets each event in order and with its payload, and goes on where it was', async () => {
  const name = named();
  const got: number[] = [];
  const take = async ({ payload, publishSeq }: Added) => {
    expect(payload.n).toBe(publishSeq);
    got.push(publishSeq);
  };
  const options = { name, from: notes, instance, types: ['note.added'], start: first - 1 } as const;
  await write(5);
  {
    await using one = inbox();
    await using running = one.consume(options, take);
    await expect.poll(() => got).toEqual(upTo(first + 4, first));
    await expect.poll(() => checkpoint(name)).toBe(first + 4);
    expect(running.health()).toMatchObject([
      { consumer: name, source: source.context.identity.schema, state: 'reading' },
    ]);
    expect(one.check().state).toBe('up');
  }
  await write(3);
  await using one = inbox();
  one.consume(options, take);
  await expect.poll(() => got).toEqual(upTo(first + 7, first));
});

test('where it starts: with what is there, with what comes, after a number', async () => {
  await write(2);
  const got: Record<string, number[]> = { earliest: [], latest: [], number: [] };
  await using one = inbox();
  const options = { from: notes, instance };
  one.consume(
    { ...options, name: named(), start: 'earliest' },
    async ({ publishSeq }) => void got['earliest']!.push(publishSeq),
  );
  await expect.poll(() => got['earliest']).toEqual(upTo(first + 1));
  one.consume(
    { ...options, name: named(), start: 'latest' },
    async ({ publishSeq }) => void got['latest']!.push(publishSeq),
  );
  one.consume(
    { ...options, name: named(), start: first },
    async ({ publishSeq }) => void got['number']!.push(publishSeq),
  );
  await expect.poll(() => got['number']).toEqual([first + 1]);
  await sleep(50);
  await write(1);
  await expect
    .poll(() => got)
    .toEqual({ earliest: upTo(first + 2), latest: [first + 2], number: [first + 1, first + 2] });
});

test('the handler runs in the event’s context: what it writes follows from the event', async () => {
  let seen: unknown;
  let written: unknown;
  await write(1);
  await using one = inbox();
  one.consume({ name: named(), from: notes, instance, start: first - 1 }, async (event) => {
    seen = [currentContext(), event.id];
    written = writeContext();
  });
  await expect.poll(() => written).toBeDefined();
  const [context, id] = seen as [object, string];
  expect(context).toEqual({
    traceId: 'trace-1',
    spanId: 'span-1',
    correlationId: 'flow-1',
    causationId: id,
    actor: 'alice',
    run: 'run-1',
    fence: 7,
    source: source.context.identity.schema,
    sourceSeq: first,
  });
  expect(written).toMatchObject({ trace_id: 'trace-1', correlation_id: 'flow-1', causation_id: id, source_seq: first });
});

test('events of other types are passed by, and the checkpoint with them', async () => {
  const name = named();
  const got: number[] = [];
  await write(3, { type: 'note.removed' });
  await write(1, { type: 'note.rated', payload: { stars: 4 } });
  await write(3, { type: 'note.removed' });
  await using one = inbox();
  one.consume(
    { name, from: notes, instance, types: ['note.rated'], start: first - 1 },
    async ({ payload }) => void got.push(payload.stars),
  );
  await expect.poll(() => checkpoint(name)).toBe(first + 6);
  expect(got).toEqual([4]);
});

test('a consumer states the fields it needs, in a catalog of its own', async () => {
  const narrow = defineEvents(identity, {
    'note.added': { payload: z.object({ n: z.int(), extra: z.string().optional() }), example: { n: 1 } },
  });
  const got: unknown[] = [];
  await write(1, { payload: { n: 7, more: 'than needed' } });
  await using one = inbox();
  one.consume(
    { name: named(), from: narrow, instance, start: first - 1 },
    async ({ payload }) => void got.push(payload),
  );
  await expect.poll(() => got).toEqual([{ n: 7 }]);
});

test('a failing event is tried again, then set aside, and handled once more on demand', async () => {
  const name = named();
  const tries = new Map<number, number>();
  let cured = false;
  await write(3);
  await using one = inbox();
  one.consume({ name, from: notes, instance, start: first - 1, maxAttempts: 3 }, async ({ publishSeq }) => {
    tries.set(publishSeq, (tries.get(publishSeq) ?? 0) + 1);
    if (publishSeq === first + 1 && !cured) throw new ConflictError('refused', 'not like this');
  });
  await expect.poll(() => checkpoint(name)).toBe(first + 2);
  expect([...tries]).toEqual([
    [first, 1],
    [first + 1, 3],
    [first + 2, 1],
  ]);
  const key = { consumer: name, source: source.context.identity.schema, publishSeq: first + 1 };
  const { items } = await one.deadLetters.list({ consumer: name });
  expect(items).toMatchObject([{ ...key, attempts: 3, state: 'failed', event: { type: 'note.added' } }]);
  expect(JSON.parse(items[0]!.error)).toMatchObject({ code: 'refused' });

  await one.deadLetters.retry(key);
  const letters = async () => (await one.deadLetters.list({ consumer: name })).items;
  await expect.poll(letters, { timeout: 3000 }).toMatchObject([{ attempts: 4, state: 'failed' }]);
  cured = true;
  await one.deadLetters.retry(key);
  await expect.poll(letters, { timeout: 3000 }).toEqual([]);
  expect((await one.deadLetters.list({ consumer: name, resolved: true })).items).toMatchObject([{ state: 'resolved' }]);
  await expect(one.deadLetters.retry(key)).rejects.toMatchObject({ kind: 'not-found', code: 'dead-letter-not-found' });
  await expect(one.deadLetters.retry({ ...key, publishSeq: 0 })).rejects.toMatchObject({ kind: 'invalid-input' });
});

test('a payload that is not what the consumer needs is set aside at once', async () => {
  const name = named();
  await write(1, { payload: { n: 'seven' } });
  await write(1);
  const got: number[] = [];
  await using one = inbox();
  one.consume({ name, from: notes, instance, start: first - 1 }, async ({ publishSeq }) => void got.push(publishSeq));
  await expect.poll(() => got).toEqual([first + 1]);
  expect((await one.deadLetters.list({ consumer: name })).items).toMatchObject([{ publishSeq: first, attempts: 1 }]);
});

test('an outage is waited for, and sets nothing aside', async () => {
  const name = named();
  let failures = 5;
  await write(1);
  const got: number[] = [];
  await using one = inbox();
  one.consume({ name, from: notes, instance, start: first - 1, maxAttempts: 2 }, async ({ publishSeq }) => {
    if ((failures -= 1) > 0) throw new UnavailableError('postgres-unavailable', 'down', 10);
    got.push(publishSeq);
  });
  await expect.poll(() => got, { timeout: 20_000 }).toEqual([first]);
  expect((await one.deadLetters.list({ consumer: name })).items).toEqual([]);
});

test('of all processes one consumes a name; another takes over', async () => {
  const name = named();
  const got: string[] = [];
  const options = { name, from: notes, instance, start: first - 1 };
  await using other = box.another();
  const [a, b] = [inbox(), inbox(other)];
  a.consume(options, async ({ publishSeq }) => void got.push(`a${publishSeq}`));
  await expect.poll(() => a.health()).toMatchObject([{ state: 'reading' }]);
  b.consume(options, async ({ publishSeq }) => void got.push(`b${publishSeq}`));
  await write(2);
  await expect.poll(() => got).toEqual([`a${first}`, `a${first + 1}`]);
  await a[Symbol.asyncDispose]();
  await write(1);
  await expect.poll(() => got).toEqual([`a${first}`, `a${first + 1}`, `b${first + 2}`]);
  await b[Symbol.asyncDispose]();
});

test('a gap stops the reader and is told; the reader goes on once it is closed', async () => {
  const name = named();
  const got: number[] = [];
  const key = source.context.coreKeys.events('all');
  await write(4);
  await expect
    .poll(async () => (await source.admin.xrevrange(key, '+', '-', 'COUNT', 1))[0]?.[0])
    .toBe(`${first + 3}-0`);
  await source.admin.xdel(key, `${first + 1}-0`);
  await using one = inbox();
  one.consume({ name, from: notes, instance, start: first - 1 }, async ({ publishSeq }) => void got.push(publishSeq));
  await expect
    .poll(() => one.health())
    .toMatchObject([{ state: 'stopped', lastErrorClass: 'events-gap', checkpoint: first }]);
  expect(one.check()).toMatchObject({ state: 'degraded', reason: expect.stringContaining('events-gap') });
  await source.admin.del(key); // the relay begins the stream anew
  await expect.poll(() => got, { timeout: 6000 }).toEqual(upTo(first + 3, first));
});

test('a reader that comes too late is told so, and is helped by a replay', async () => {
  const name = named();
  const got: number[] = [];
  const key = source.context.coreKeys.events('all');
  await write(4);
  await expect
    .poll(async () => (await source.admin.xrevrange(key, '+', '-', 'COUNT', 1))[0]?.[0])
    .toBe(`${first + 3}-0`);
  await source.admin.xtrim(key, 'MINID', `${first + 2}-0`);
  await using one = inbox();
  one.consume({ name, from: notes, instance, start: first - 1 }, async ({ publishSeq }) => void got.push(publishSeq));
  await expect.poll(() => one.health()).toMatchObject([{ state: 'stopped', lastErrorClass: 'events-trimmed' }]);
  expect(got).toEqual([]);
  await replayEvents(source.context, { from: first });
  await expect.poll(() => got, { timeout: 6000 }).toEqual(upTo(first + 3, first));
});

test('the source is told how far a consumer is, and the consumer how far the source is', async () => {
  const name = named();
  await write(2);
  await using one = inbox();
  one.consume({ name, from: notes, instance, start: first - 1 }, async () => {});
  const told = () =>
    box.admin.hget(box.context.coreKeys.checkpoints('all'), `${name}/${source.context.identity.schema}`);
  await expect.poll(told, { timeout: 3000 }).toBe(`${first + 1}`);
  await expect.poll(async () => (await one.published(notes, instance))?.publishSeq).toBe(first + 1);
});

test('disposing lets the event in hand be handled, and nothing is handled twice', async () => {
  const name = named();
  const got: number[] = [];
  await write(20);
  const options = { name, from: notes, instance, start: first - 1 };
  const slow = async ({ publishSeq }: { publishSeq: number }) => {
    await sleep(5);
    got.push(publishSeq);
  };
  for (let round = 0; round < 3; round += 1) {
    await using one = inbox();
    one.consume(options, slow);
    const until = got.length + 3;
    await expect.poll(() => got.length, { interval: 2 }).toBeGreaterThanOrEqual(until);
  }
  await using one = inbox();
  one.consume(options, slow);
  await expect.poll(() => got).toEqual(upTo(first + 19, first));
});

test('bad options are refused at once', async () => {
  await using one = inbox();
  const nothing = async () => {};
  const base = { name: 'fine', from: notes, instance, start: 'latest' } as const;
  const issue = (path: string) =>
    expect.objectContaining({ kind: 'invalid-input', issues: [expect.objectContaining({ path })] });
  expect(() => one.consume({ ...base, name: 'Not Fine' }, nothing)).toThrow(issue('name'));
  expect(() => one.consume({ ...base, start: -1 }, nothing)).toThrow(issue('start'));
  expect(() => one.consume({ ...base, start: 'now' as 'latest' }, nothing)).toThrow(issue('start'));
  expect(() => one.consume({ ...base, types: ['note.lost' as 'note.added'] }, nothing)).toThrow(issue('types'));
  expect(() => one.consume({ ...base, from: [] }, nothing)).toThrow(issue('from'));
  one.consume(base, nothing);
  expect(() => one.consume(base, nothing)).toThrow(issue('name'));
});

test('a feed is followed: the latest of each key, and nothing else', async () => {
  const feed = definePriceFeed(identity, {
    payload: z.object({ symbol: z.string(), last: z.string() }),
    example: { symbol: 'BTC-USD', last: '1' },
    keyOf: ({ symbol }) => symbol,
  });
  const key = source.context.coreKeys.priceFeed('all');
  const tick = (symbol: string, last: string) =>
    source.admin.xadd(
      key,
      'MAXLEN',
      5000,
      '*',
      'at',
      '2026-11-24T08:08:51.123456Z',
      'payload',
      JSON.stringify({ symbol, last }),
    );
  for (const last of ['1', '2', '3']) await tick('BTC-USD', last);
  await tick('ETH-USD', '9');
  const got: string[] = [];
  let release = () => {};
  await using one = inbox();
  await using _ = one.follow({ name: 'marks', feed, instance }, async ({ payload, occurredAt }) => {
    expect(occurredAt).toBe('2026-11-24T08:08:51.123456Z');
    got.push(`${payload.symbol} ${payload.last}`);
    if (payload.last === '4') await new Promise<void>((resolve) => (release = resolve));
    if (payload.last === '5') throw new Error('not this one');
  });
  await expect.poll(() => got).toEqual(['BTC-USD 3', 'ETH-USD 9']);
  await tick('BTC-USD', '4');
  await expect.poll(() => got).toHaveLength(3);
  for (let last = 5; last < 2505; last += 1) await tick('BTC-USD', `${last}`);
  await source.admin.xadd(key, '*', 'at', 'x', 'payload', 'rubbish');
  await tick('ETH-USD', '5');
  await tick('ETH-USD', '6');
  release();
  await expect.poll(() => got).toEqual(['BTC-USD 3', 'ETH-USD 9', 'BTC-USD 4', 'BTC-USD 2504', 'ETH-USD 6']);
});

const db = queryBuilder<Record<string, never>>();
const apply = statement('applied.add', 'write', (p: { n: number }) => ({
  compile: () => sql`insert into applied (n) values (${p.n}::bigint)`.compile(db),
}));
const applied = async () =>
  (await box.db.query('select n from applied order by n')).rows.map(({ n }: { n: string }) => Number(n));

test('in a transaction with the checkpoint, one bad event is set aside alone', async () => {
  const name = named();
  await write(5);
  await using one = inbox();
  one.consumeInTransaction({ name, from: notes, instance, start: first - 1, maxAttempts: 2 }, async (tx, events) => {
    for (const { publishSeq, payloadText } of events) {
      expect(JSON.parse(payloadText)).toEqual({ n: publishSeq });
      await tx.run(apply, { n: publishSeq });
      if (publishSeq === first + 2) throw new ConflictError('refused', 'not this one');
    }
  });
  await expect.poll(() => checkpoint(name)).toBe(first + 4);
  expect(await applied()).toEqual([first, first + 1, first + 3, first + 4]);
  expect((await one.deadLetters.list({ consumer: name })).items).toMatchObject([
    { publishSeq: first + 2, attempts: 2 },
  ]);
});

test('wherever a consumer dies, each event is handled, and in a transaction once', async () => {
  const crash = fc.record({
    step: fc.integer({ min: 1, max: 25 }),
    when: fc.constantFrom<Crash['when']>('before', 'after'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(crash, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 4 }),
      async (crashes, batch) => {
        await box.db.query('truncate inbox_checkpoints, applied, leases');
        const start = Number((await source.db.query('select count(*) as n from outbox')).rows[0].n);
        const plain: number[] = [];
        const consumeBoth = (one: EventInbox, context: AdapterContext) => {
          one.consume(
            { name: 'plain', from: notes, instance, start },
            async ({ publishSeq }) => void plain.push(publishSeq),
          );
          one.consumeInTransaction({ name: 'exact', from: notes, instance, start, batch }, async (tx, events) => {
            for (const { publishSeq } of events) await tx.run(apply, { n: publishSeq });
          });
          return context;
        };
        for (const each of crashes) {
          await write(3);
          const dying = crashingContext(box.context, each);
          const one = inbox(dying);
          consumeBoth(one, dying);
          await sleep(30);
          await one[Symbol.asyncDispose]();
          await box.db.query('update leases set expires_at = clock_timestamp()');
        }
        await write(2);
        await using one = inbox();
        consumeBoth(one, box.context);
        const all = upTo(start + 3 * crashes.length + 2, start + 1);
        await expect.poll(applied, { timeout: 5000, interval: 20 }).toEqual(all);
        await expect
          .poll(() => [...new Set(plain)].sort((a, b) => a - b), { timeout: 5000, interval: 20 })
          .toEqual(all);
        await sleep(20);
        expect(await applied()).toEqual(all);
      },
    ),
    { numRuns: 12 },
  );
});
