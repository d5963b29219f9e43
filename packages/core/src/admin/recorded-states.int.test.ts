import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openFacts } from './facts.ts';
import { migrate } from './migrate.ts';
import { provision } from './provision.ts';
import { type RecordedState, type Vector, lastEvents, rebuildStates } from './recorded-states.ts';
import { snapshotFacts } from './snapshot-facts.ts';
import { type TestDatabase, passwords, testDatabase } from './test-database.ts';

let box: TestDatabase;
beforeAll(async () => {
  box = await testDatabase(inject('servers'));
  await provision(box.definition, { admin: box.admin, passwords });
  await migrate(box.definition, { admin: box.admin });
  await box.db.query(`set search_path = ${box.schema}`);
});
afterAll(() => box[Symbol.asyncDispose]());

/** Things by the last event of each, and how many events there were. */
const states: readonly RecordedState[] = [
  {
    object: 'things',
    sums: ['price'],
    now: `select aggregate_id, (payload ->> 'price')::numeric as price
      from (select distinct on (aggregate_id) * from facts_events order by aggregate_id, aggregate_version desc) as e`,
    at: `select aggregate_id, (payload ->> 'price')::numeric as price from (${lastEvents('thing')}) as e`,
    fromEvents: true,
  },
  {
    object: 'heard',
    now: `select source, source_seq from facts_events where source_seq is not null`,
    at: `select source, source_seq from facts_events where source_seq <= ((select vector from asked) ->> source)::bigint`,
  },
];

let written = 0;
async function write(id: string, version: number, price: string, source?: string): Promise<void> {
  written += 1;
  await box.db.query(
    `insert into outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, source, source_seq, publish_seq)
     values ($1, 'thing.changed', 'thing', $2, $3, jsonb_build_object('price', $4::text), now(), $5::text, case when $5::text is not null then $6::bigint end, $6)`,
    [`e${written}`, id, version, price, source, written],
  );
  await box.db.query(
    `insert into publications (stream, last_publish_seq) values ('events', $1)
     on conflict (stream) do update set last_publish_seq = excluded.last_publish_seq`,
    [written],
  );
}
async function read() {
  await using facts = await openFacts(box.definition, { admin: box.admin });
  const { watermark, unnumbered, items } = await snapshotFacts(facts, states);
  return { watermark, unnumbered, items: items.filter(({ object }) => !object.startsWith('facts_')) };
}
async function rebuild(vector: Vector) {
  await using facts = await openFacts(box.definition, { admin: box.admin });
  return await rebuildStates(facts, states, vector);
}

test('a snapshot that all was numbered in is made again at its vector, and no other is', async () => {
  await write('a', 1, '1.50', 'other');
  await write('b', 1, '2');
  const then = await read();
  expect(then).toMatchObject({
    watermark: 2,
    unnumbered: 0,
    items: [
      { schema: box.schema, object: 'things', rows: 2, sums: { price: '3.50' } },
      { object: 'heard', rows: 1, sums: {} },
    ],
  });
  const at = { [box.schema]: 2, other: 2 };
  expect(await rebuild(at)).toEqual({ items: then.items, lacking: [] });
  await write('a', 2, '7', 'other');
  await write('c', 1, '0');
  expect(await rebuild(at)).toEqual({ items: then.items, lacking: [] });
  const later = await read();
  expect(later.items.map(({ checksum }) => checksum)).not.toEqual(then.items.map(({ checksum }) => checksum));
  expect((await rebuild({ [box.schema]: 4, other: 4 })).items).toEqual(later.items);
  expect((await rebuild({ [box.schema]: 4, other: 2 })).items[1]).toEqual(then.items[1]);
  expect((await rebuild({ [box.schema]: 0 })).items).toMatchObject([{ rows: 0 }, { rows: 0 }]);
});

test('what cannot be had says why', async () => {
  const why = async (vector: Vector) => (await rebuild(vector)).lacking;
  expect(await why({ other: 1 })).toMatchObject([{ why: `the vector says nothing of ${box.schema}` }, {}]);
  expect(await why({ [box.schema]: 9 })).toMatchObject([{ why: `${box.schema} is numbered up to 4` }, {}]);
  await box.db.query('delete from outbox where publish_seq = 1');
  expect(await why({ [box.schema]: 4 })).toEqual([
    { object: 'things', why: `the outbox of ${box.schema} begins with 2` },
  ]);
  expect((await rebuild({ [box.schema]: 4 })).items.map(({ object }) => object)).toEqual(['heard']);
});
