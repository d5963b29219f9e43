import { setTimeout as sleep } from 'node:timers/promises';
import { arrayLiteral } from '@tse/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type AuditWithSource,
  type TestAudit,
  asAdapter,
  event,
  testAudit,
  testAuditWithSource,
} from '../test-audit.ts';
import { type RootedEvent, rootOf, rootedLeaf } from './root-leaf.ts';

/** What happened, by what no run changes; `cause` is the number of another one. */
interface Happened {
  aggregateId: string;
  version: number;
  at: string;
  payload: object;
  cause?: number | string;
}

const happened: readonly Happened[] = Array.from({ length: 60 }, (_, n) => ({
  aggregateId: `o${n % 7}`,
  version: Math.floor(n / 7) + 1,
  at: `2026-01-01T00:00:${String(Math.floor(n / 7)).padStart(2, '0')}.000${n % 3}00Z`,
  payload: { quantity: `${n}.5`, text: `ä"${n}`, nested: { b: [n, null], a: true } },
  ...(n > 3 && n % 4 === 0 && { cause: n - 3 }),
  ...(n % 10 === 9 && { cause: `click-${n}` }),
}));

let first: AuditWithSource;
let second: AuditWithSource;
beforeAll(async () => {
  const options = { options: { workers: ['ingest-sources'] } };
  first = await testAuditWithSource(options);
  second = await testAuditWithSource(options);
});
afterAll(async () => {
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});

/** Writes them in that order, so many a transaction, under ids of their own, and waits until the trail has them. */
async function write(
  { source, audit }: AuditWithSource,
  events: readonly (readonly [n: number, happened: Happened])[],
  { run, batch }: { run: string; batch: number },
): Promise<void> {
  const before = (await audit.trail.head()).position;
  const id = (n: number) => `${run}-${source.schema}-${n}`;
  const idOf = (cause: Happened['cause']) => (typeof cause === 'number' ? id(cause) : cause);
  for (let from = 0; from < events.length; from += batch) {
    const part = events.slice(from, from + batch);
    const of = (value: (h: Happened, n: number) => string | number | undefined) =>
      arrayLiteral(part.map(([n, h]) => value(h, n)));
    await asAdapter(
      source.stores,
      sql`insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, trace_id, correlation_id, causation_id, run_id)
        select e.id, 'order.changed', 'order', e.aggregate_id, e.version, e.payload, e.at, md5(random()::text), e.id, e.cause, ${run}
        from unnest(${of((_, n) => id(n))}::text[], ${of((h) => h.aggregateId)}::text[], ${of((h) => h.version)}::bigint[],
          ${of((h) => JSON.stringify(h.payload))}::jsonb[], ${of((h) => h.at)}::timestamptz[], ${of((h) => idOf(h.cause))}::text[]) with ordinality
          as e (id, aggregate_id, version, payload, at, cause, n) order by e.n`,
    );
  }
  while ((await audit.trail.head()).position < before + events.length) await sleep(20);
}

const numbered = (events: readonly Happened[]) => events.map((each, n) => [n, each] as const);

/** Each aggregate in its own order, all of one before those of the next. */
const byAggregate = (events: readonly (readonly [number, Happened])[]) =>
  [...Map.groupBy(events, ([, { aggregateId }]) => aggregateId).values()].toReversed().flat();

test('the same events in two instances, in other batches and another order, have the same root', async () => {
  await write(first, numbered(happened), { run: 'same', batch: 17 });
  await write(second, byAggregate(numbered(happened)), { run: 'same', batch: 3 });
  const heard: RootedEvent[] = [];
  const root = await first.audit.roots.compute(
    { run: 'same' },
    {
      onEvent(rooted, leaf) {
        expect(rootedLeaf(rooted)).toEqual(leaf);
        heard.push(rooted);
      },
    },
  );
  expect(root).toEqual({ root: expect.stringMatching(/^[0-9a-f]{64}$/), events: 60, position: 60 });
  expect(await second.audit.roots.compute({ run: 'same' })).toEqual(root);

  // What was heard is enough to compute it without a database, and is in its order.
  expect(rootOf(heard)).toBe(root.root);
  expect(heard.map(({ occurredAt, aggregateId }) => `${occurredAt} ${aggregateId}`)).toEqual(
    happened.map(({ at, aggregateId }) => `${at} ${aggregateId}`).toSorted(),
  );
  const source = 'audit';
  expect(heard.find(({ aggregateId, aggregateVersion }) => aggregateId === 'o1' && aggregateVersion === 2)).toEqual({
    type: 'order.changed',
    source,
    aggregate: 'order',
    aggregateId: 'o1',
    aggregateVersion: 2,
    occurredAt: '2026-01-01T00:00:01.000200Z',
    payloadText: '{"text": "ä\\"8", "nested": {"a": true, "b": [8, null]}, "quantity": "8.5"}',
    cause: { source, type: 'order.changed', aggregate: 'order', aggregateId: 'o5', aggregateVersion: 1 },
  });
  expect(heard.filter(({ cause }) => cause && 'text' in cause).map(({ cause }) => cause)).toContainEqual({
    text: 'click-9',
  });
});

test.each<[string, (each: Happened) => Happened]>([
  ['payload', (each) => ({ ...each, payload: { ...each.payload, quantity: '20.6' } })],
  ['time', (each) => ({ ...each, at: each.at.replace('00Z', '01Z') })],
  ['version', (each) => ({ ...each, version: 99 })],
  ['aggregate', (each) => ({ ...each, aggregateId: 'o99' })],
  ['causing event', (each) => ({ ...each, cause: 2 })],
  ['causing command', (each) => ({ ...each, cause: 'click-20' })],
])('one event of another %s gives another root, and is the one that differs', async (what, change) => {
  const run = `other-${what}`.replaceAll(' ', '-');
  await write(first, numbered(happened.map((each, n) => (n === 20 ? change(each) : each))), { run, batch: 60 });
  const leaves = async (of: string) => {
    const lines: string[] = [];
    const { root } = await first.audit.roots.compute(
      { run: of },
      { onEvent: (rooted) => lines.push(JSON.stringify(rooted)) },
    );
    return { root, lines };
  };
  const [same, other] = [await leaves('same'), await leaves(run)];
  expect(other.root).not.toBe(same.root);
  const gone = same.lines.filter((line) => !other.lines.includes(line));
  expect(gone).toEqual([expect.stringContaining('"quantity\\": \\"20.5')]);
});

test('it is of the events that were asked for, and of the trail as far as it was', async () => {
  const { roots, trail } = first.audit;
  const { position } = await trail.head();
  const whole = await roots.compute();
  expect(whole.position).toBe(position);
  expect(whole.events).toBe(position);
  const bounds = { from: '2026-01-01T00:00:02Z', to: '2026-01-01T00:00:04Z' };
  expect((await roots.compute({ run: 'same', ...bounds })).events).toBe(14);
  expect(await roots.compute({ run: 'same', sources: [first.source.schema] })).toEqual(
    await roots.compute({ run: 'same' }),
  );
  const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  expect(await roots.compute({ sources: ['nobody'] })).toMatchObject({ root: nothing, events: 0 });
  await trail.record(event('later', { source: 'desk' }));
  expect((await roots.compute()).root).not.toBe(whole.root);
  expect(await roots.compute({ lastPosition: position })).toEqual(whole);
  await expect(roots.compute({ run: "'; drop table events" })).rejects.toMatchObject({ kind: 'invalid-input' });
});

test('what the audit did itself is not in it; that it was asked for is in the log of accesses', async () => {
  await using t: TestAudit = await testAudit({ options: { workers: false } });
  const { audit } = t;
  await audit.trail.record(event('one'));
  const before = await audit.roots.compute();
  await audit.blocks.seal();
  const after = await audit.roots.compute();
  expect(after.position).toBe(2);
  expect({ ...after, position: 1 }).toEqual(before);
  expect((await Array.fromAsync(audit.accessLog.list())).map(({ queryKind }) => queryKind)).toEqual([
    'audit.roots.compute',
    'audit.roots.compute',
  ]);
});

test('it stops when it is told to', async () => {
  const stop = new AbortController();
  const computing = first.audit.roots.compute(
    {},
    { signal: stop.signal, onEvent: () => stop.abort(new Error('enough')) },
  );
  await expect(computing).rejects.toThrow('enough');
  expect((await first.audit.roots.compute({ run: 'same' })).events).toBe(60);
});
