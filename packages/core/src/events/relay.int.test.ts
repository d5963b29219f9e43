import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { type Crash, crashingContext } from '../consistency/crashing-context.ts';
import { Epoch } from '../consistency/epoch.ts';
import { LeaseRepository } from '../consistency/leases.ts';
import { type TestInstance, testInstance } from '../consistency/test-instance.ts';
import { type Instant, instant } from '../values/instant.ts';
import { type Published, numberOf } from './envelope.ts';
import { EventStream } from './event-stream.ts';
import { acceptRestoredDatabase, replayEvents } from './replay.ts';
import { prune, trimStream } from './retention.ts';
import { readStream, startRelay, upTo, writeEvent } from './test-outbox.ts';

let box: TestInstance;
let writers: pg.Pool;
let stream: string;
beforeAll(async () => {
  box = await testInstance(inject('servers'));
  writers = new pg.Pool({ connectionString: box.options.postgres!.url!, max: 12 });
  stream = box.context.coreKeys.events('all');
});
afterAll(async () => {
  await writers.end();
  await box[Symbol.asyncDispose]();
});
const clear = async () => {
  await box.admin.del(stream, box.context.coreKeys.published('all'));
  await box.db.query('truncate outbox, publications, leases restart identity');
};
beforeEach(clear);

const numbers = async () => (await readStream(box)).map(({ publishSeq }) => publishSeq);
const write = async (count: number) => {
  for (let i = 0; i < count; i += 1) await writeEvent(box.db);
};
const published = async () =>
  JSON.parse((await box.admin.get(box.context.coreKeys.published('all'))) ?? '{}') as Partial<Published>;

/** Transactions of all lengths, some of which roll back; each aggregate counts its versions under its own lock. */
async function business(transactions: number): Promise<number> {
  await box.db.query('create table if not exists counters (id text primary key, version bigint not null)');
  await box.db.query(`grant all on counters to ${box.context.identity.roles.adapter}; truncate counters`);
  for (const id of ['a', 'b', 'c', 'd']) await box.db.query('insert into counters values ($1, 0)', [id]);
  let committed = 0;
  const one = async (i: number) => {
    const client = await writers.connect();
    await client.query('begin');
    const aggregateId = ['a', 'b', 'c', 'd'][i % 4]!;
    const { rows } = await client.query('update counters set version = version + 1 where id = $1 returning version', [
      aggregateId,
    ]);
    await writeEvent(client, { aggregateId, version: Number(rows[0].version), payload: { i } });
    await sleep(Math.random() * 6);
    if (i % 7 === 0) await client.query('rollback');
    else {
      await client.query('commit');
      committed += 1;
    }
    client.release();
  };
  await Promise.all(Array.from({ length: transactions }, (_, i) => one(i)));
  return committed;
}

function expectOrder(events: Awaited<ReturnType<typeof readStream>>): void {
  const versions = new Map<string, number>();
  for (const { aggregateId, aggregateVersion } of events) {
    expect(aggregateVersion).toBe((versions.get(aggregateId) ?? 0) + 1);
    versions.set(aggregateId, aggregateVersion);
  }
}

test('what commits is published once, without a gap, each aggregate in order; what rolls back is not', async () => {
  await using _ = startRelay(box.context);
  const committed = await business(140);
  await expect.poll(numbers).toEqual(upTo(committed));
  expectOrder(await readStream(box));
});

test('an event travels with all that was written of it', async () => {
  await using _ = startRelay(box.context);
  await writeEvent(box.db, {
    type: 'note.added',
    aggregateId: 'n1',
    version: 3,
    payload: { amount: '1.10', ключ: ['é"'] },
    at: '2019-01-02T03:04:05.678Z',
  });
  await expect.poll(numbers).toEqual([1]);
  const [event] = await readStream(box);
  expect(event).toMatchObject({
    type: 'note.added',
    version: 1,
    source: box.context.identity.schema,
    publishSeq: 1,
    aggregate: 'note',
    aggregateId: 'n1',
    aggregateVersion: 3,
    occurredAt: '2019-01-02T03:04:05.678000Z',
    traceId: 'trace-1',
    spanId: 'span-1',
    correlationId: 'flow-1',
    actor: 'alice',
    run: 'run-1',
    fence: 7,
  });
  expect(event).not.toHaveProperty('causationId');
  expect(JSON.parse(event!.payloadText)).toEqual({ amount: '1.10', ключ: ['é"'] });
});

test('what was published is counted by its type', async () => {
  for (const type of ['note.counted', 'note.removed', 'note.counted']) await writeEvent(box.db, { type });
  await using _relay = startRelay(box.context);
  await expect.poll(numbers).toEqual(upTo(3));
  const text = () => box.context.telemetry.registry.getSingleMetricAsString('adapter_events_published_total');
  await expect.poll(text).toMatch(/type="note.counted"\} 2$/m);
  expect(await text()).toMatch(/type="note.removed"\} 1$/m);
});

test('of many relays one is active, and another takes over', async () => {
  const first = startRelay(box.context);
  await write(3);
  await expect.poll(numbers).toEqual(upTo(3));
  await using _ = startRelay(box.another());
  await write(2);
  await first[Symbol.asyncDispose]();
  await write(2);
  await expect.poll(numbers).toEqual(upTo(7));
});

test('a stale relay numbers nothing', async () => {
  const call = async (fence: number) =>
    (await box.db.query('select number_events($1, $2, 10) as last', ['events', fence])).rows[0].last;
  await write(1);
  expect(await call(2)).toBe('1');
  await write(1);
  expect(await call(1)).toBeNull();
  expect((await box.db.query('select count(*) from outbox where publish_seq is null')).rows).toEqual([{ count: '1' }]);
  expect(await call(2)).toBe('2');
});

test('an event whose transaction was long under way is not forgotten, one that rolled back is', async () => {
  const call = async (text: string) => Number((await box.db.query(`select ${text} as answer`)).rows[0].answer);
  const missing = () => call(`(select count(*) from publications, unnest(missing))`);
  const [slow, failing] = [await writers.connect(), await writers.connect()];
  for (const client of [slow, failing]) {
    await client.query('begin');
    await writeEvent(client);
  }
  await write(2);
  expect(await call(`number_events('events', 1, 100)`)).toBe(2);
  await failing.query('rollback');
  expect(await missing()).toBe(1); // ids 1 and 2
  for (let i = 0; i < 3; i += 1) expect(await call(`forget_missing_events('events')`)).toBe(1);
  await slow.query('commit');
  await call(`forget_missing_events('events')`);
  expect(await call(`number_events('events', 1, 100)`)).toBe(3);
  await call(`forget_missing_events('events')`);
  await call(`forget_missing_events('events')`);
  expect(await missing()).toBe(0);
  const { rows } = await box.db.query('select id, publish_seq from outbox order by publish_seq');
  expect(rows.map(({ id }) => Number(id))).toEqual([3, 4, 1]);
  for (const client of [slow, failing]) client.release();
});

test('a lost stream begins anew with the oldest event of the outbox, also while nothing is written', async () => {
  await using _ = startRelay(box.context);
  await write(5);
  await expect.poll(numbers).toEqual(upTo(5));
  await box.db.query('delete from outbox where publish_seq = 1');
  await box.admin.del(stream);
  await expect.poll(numbers, { timeout: 3000 }).toEqual(upTo(5, 2));
  await box.admin.del(stream);
  await write(2);
  await expect.poll(numbers, { timeout: 3000 }).toEqual(upTo(7, 2));
});

test('a stream that lost its last entries is continued where it ends', async () => {
  await using _ = startRelay(box.context);
  await write(6);
  await expect.poll(numbers).toEqual(upTo(6));
  const head = await box.admin.xrange(stream, '-', '+', 'COUNT', 3);
  const back = box.admin.multi().del(stream);
  for (const [id, fields] of head) back.xadd(stream, id, ...fields);
  await back.exec();
  await write(1);
  await expect.poll(numbers, { timeout: 3000 }).toEqual(upTo(7));
});

test('hooks hear of events before they are out', async () => {
  const heard: number[] = [];
  await using running = startRelay(box.context);
  running.relay.beforePublish(async (events) => {
    const out = await numbers();
    for (const { publishSeq } of events) {
      expect(out).not.toContain(publishSeq);
      heard.push(publishSeq);
    }
  });
  await write(3);
  await expect.poll(() => heard).toEqual([1, 2, 3]);
  expect(running.errors).toEqual([]);
});

test('the published time is never later than an event that is still to come', async () => {
  const longestCallMs = 400;
  await using _ = startRelay(box.context, { longestCallMs });
  const writes = new AbortController();
  const late = (async () => {
    while (!writes.signal.aborted) {
      const client = await writers.connect();
      await client.query('begin');
      await writeEvent(client, { at: new Date().toISOString() });
      await sleep(Math.random() * longestCallMs * 0.8);
      await client.query('commit');
      client.release();
    }
  })();
  let [seen, checked] = [0, 0];
  const ends = performance.now() + 1500;
  while (performance.now() < ends) {
    const { publishSeq = 0, businessTime } = await published();
    await sleep(50);
    if (businessTime === undefined) continue;
    const after = (await readStream(box)).filter((event) => event.publishSeq > publishSeq);
    for (const { occurredAt } of after) expect(occurredAt > businessTime).toBe(true);
    checked += after.length;
    seen += 1;
  }
  writes.abort();
  await late;
  expect(seen).toBeGreaterThan(5);
  expect(checked).toBeGreaterThan(0);
  const { publishSeq, databaseTime, businessTime } = await published();
  await expect.poll(async () => (await published()).databaseTime).not.toBe(databaseTime);
  expect(publishSeq).toBeGreaterThan(0);
  for (const time of [databaseTime, businessTime])
    expect(Date.now() - instant.millis(time!)).toBeLessThan(longestCallMs + 2000);
});

test('the stream is kept until its readers have passed, and for seven days where they have not', async () => {
  await using context = box.another({ readers: ['risk/fills', 'trading:demo/orders'] });
  const events = new EventStream(context);
  await write(10);
  await box.db.query(`update outbox set recorded_at = recorded_at - interval '8 days' where id <= 4`);
  {
    await using _ = startRelay(box.another());
    await expect.poll(numbers).toHaveLength(10);
  }
  const own = context.identity.schema;
  const [risk, trading] = ['risk:checkpoints:{all}', 'trading:demo:checkpoints:{all}'];
  try {
    await box.admin.hset(risk, { [`fills/${own}`]: 6, 'fills/other': 9 });
    while (await trimStream(context, events));
    expect(await numbers()).toEqual(upTo(10, 5)); // trading has told nothing: age alone decides
    await box.admin.hset(trading, { [`orders/${own}`]: 8 });
    while (await trimStream(context, events));
    expect(await numbers()).toEqual(upTo(10, 7));
    await box.admin.hset(risk, { [`fills/${own}`]: 10 });
    await box.admin.hset(trading, { [`orders/${own}`]: 10 });
    while (await trimStream(context, events));
    expect(await numbers()).toEqual([]);
    expect(await events.end()).toBe(10);
  } finally {
    await box.admin.hdel(risk, `fills/${own}`, 'fills/other');
    await box.admin.hdel(trading, `orders/${own}`);
  }
});

test('the outbox lets go of what was published thirty days ago, and of nothing else', async () => {
  await write(6);
  await box.db.query(`update outbox set recorded_at = recorded_at - interval '31 days' where id <= 5`);
  const events = new EventStream(box.context);
  expect(await prune(box.context, events)).toBe(false); // nothing is published yet
  const left = async () =>
    (await box.db.query('select id from outbox order by id')).rows.map(({ id }: { id: string }) => Number(id));
  expect(await left()).toEqual(upTo(6));
  await using _ = startRelay(box.context);
  await expect.poll(numbers).toEqual(upTo(6));
  await prune(box.context, events);
  expect(await left()).toEqual([6]);
});

test('what was trimmed is published again on demand, and then kept', async () => {
  await using _ = startRelay(box.context);
  await write(8);
  await expect.poll(numbers).toEqual(upTo(8));
  await box.db.query(`update outbox set recorded_at = recorded_at - interval '8 days'`);
  await box.admin.xtrim(stream, 'MINID', '7-0');
  expect(await replayEvents(box.context, { from: 4 })).toEqual({ from: 4, to: 8 });
  await expect.poll(numbers, { timeout: 3000 }).toEqual(upTo(8, 4));
  const events = new EventStream(box.context);
  while (await trimStream(box.context, events));
  expect(await numbers()).toEqual(upTo(8, 4));
  await box.db.query('delete from outbox where publish_seq < 6');
  await expect(replayEvents(box.context, { from: 5 })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'events-not-held',
    details: { oldest: 6, last: 8 },
  });
  await expect(replayEvents(box.context, { from: 9 })).rejects.toMatchObject({ code: 'events-not-held' });
});

test('a database that was brought back is noticed, and goes on only when an operator says so', async () => {
  {
    await using _ = startRelay(box.another());
    await write(5);
    await expect.poll(numbers).toEqual(upTo(5));
  }
  await box.db.query(
    `delete from outbox where publish_seq > 2; update publications set last_publish_seq = 2; update leases set expires_at = clock_timestamp()`,
  );
  const running = startRelay(box.another());
  await using _ = running;
  await write(1);
  await expect.poll(() => running.errors).toContainEqual(expect.objectContaining({ code: 'stream-ahead' }));
  expect(await numbers()).toEqual(upTo(5));
  const epoch = new Epoch(box.context, new LeaseRepository(box.context));
  expect(await acceptRestoredDatabase(box.context, epoch)).toEqual({ nextNumber: 6 });
  await write(1);
  await expect.poll(numbers, { timeout: 3000 }).toEqual(upTo(7));
});

test('wherever a relay dies, and whatever Redis loses, each event is published once and in order', async () => {
  const crash = fc.record({
    step: fc.integer({ min: 1, max: 30 }),
    when: fc.constantFrom<Crash['when']>('before', 'after'),
    loses: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(crash, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 6 }),
      async (crashes, batch) => {
        await clear();
        let written = 0;
        const more = async (count: number) => {
          for (let i = 0; i < count; i += 1)
            await writeEvent(box.db, { aggregateId: `${written % 3}`, version: Math.floor(written++ / 3) + 1 });
        };
        for (const { loses, ...each } of crashes) {
          await more(4);
          const dying = startRelay(crashingContext(box.context, each), { batch });
          await sleep(25);
          await more(2);
          if (loses) await box.admin.del(stream);
          await sleep(10);
          await dying[Symbol.asyncDispose]();
          await box.db.query('update leases set expires_at = clock_timestamp()');
        }
        await using _ = startRelay(box.context, { batch });
        await more(3);
        await expect.poll(numbers, { timeout: 4000, interval: 20 }).toEqual(upTo(written));
        const events = await readStream(box);
        expectOrder(events);
        expect(new Set(events.map(({ id }) => id)).size).toBe(written);
      },
    ),
    { numRuns: 12 },
  );
});

test('ids of the stream are the numbers', () => {
  expect(numberOf('12-0')).toBe(12);
  expect(instant.millis('2026-11-24T08:08:51.123456Z' as Instant)).toBe(Date.UTC(2026, 10, 24, 8, 8, 51, 123));
});
