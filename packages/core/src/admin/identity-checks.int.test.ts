import { expect, inject, test } from 'vitest';
import { openFacts } from './facts.ts';
import { verifyFence, verifyIdentity } from './identity-checks.ts';
import { migrate } from './migrate.ts';
import { provision } from './provision.ts';
import { passwords, testDatabase } from './test-database.ts';
import { verifyAdapter } from './verify-adapter.ts';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
interface Row {
  id: string;
  run?: string;
  fence?: number;
  second: number;
  source?: string;
}

async function migrated() {
  const box = await testDatabase(inject('servers'));
  const target = { admin: box.admin };
  await provision(box.definition, { ...target, passwords });
  await migrate(box.definition, target);
  const write = ({ id, run = 'r', fence = 1, second, source }: Row) =>
    box.db.query(
      `insert into ${box.schema}.outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at, recorded_at, run_id, fence, source)
       values ($1, 'thing.made', 'thing', $1, 1, '{}', $2, $2, $3, $4, $5)`,
      [id, at(second), run, fence, source ?? null],
    );
  const fence = async () => {
    await using facts = await openFacts(box.definition, target);
    return await verifyFence(facts);
  };
  return { box, target, write, fence, [Symbol.asyncDispose]: () => box[Symbol.asyncDispose]() };
}

test('fences of a run only grow; another run, and what answers an event that came late, are something else', async () => {
  await using t = await migrated();
  expect(await t.fence()).toEqual({
    name: 'fence',
    ok: true,
    compared: 0,
    what: 'no fences of test runs yet',
    differences: [],
  });
  await t.write({ id: 'a', fence: 1, second: 1 });
  await t.write({ id: 'b', fence: 2, second: 2 });
  await t.write({ id: 'same-moment', fence: 1, second: 2 });
  await t.write({ id: 'other-run', run: 'q', fence: 1, second: 3 });
  await t.write({ id: 'answer', fence: 1, second: 4, source: 'elsewhere' });
  expect(await t.fence()).toMatchObject({ ok: true, compared: 4, what: 'fences of test runs' });
  await t.write({ id: 'stale', fence: 1, second: 5 });
  expect(await t.fence()).toMatchObject({
    ok: false,
    compared: 5,
    differences: ['event stale (thing.made) of run r has fence 1, recorded after one of fence 2'],
  });
});

test('an identity counts what it compared and names the first that differ, check by check', async () => {
  await using t = await migrated();
  await using facts = await openFacts(t.box.definition, t.target);
  const checks = [
    `select case when n > 3 then 'row ' || to_char(n, 'FM00') end as difference from generate_series(1, 20) as n`,
    `select 'the other' as difference`,
  ];
  const found = await verifyIdentity(facts, { name: 'numbers', what: 'rows', checks });
  expect(found).toMatchObject({ name: 'numbers', ok: false, compared: 21, what: 'rows' });
  expect(found.differences).toHaveLength(11);
  expect([found.differences![0], found.differences!.at(-1)]).toEqual(['row 04', 'the other']);
});

test('an adapter that was never set up has no identities; one that is there finds the facts of others by name', async () => {
  await using t = await migrated();
  const signal = new AbortController().signal;
  const context = {
    target: t.target,
    installed: [{ definition: t.box.definition }],
    options: () => ({}),
    progress: () => {},
    signal,
  };
  const there = { definition: t.box.definition };
  const never = {
    ...there,
    definition: { ...there.definition, identity: { ...there.definition.identity, schema: 'nowhere' } },
  };
  const verify = async ({ factsOf }: { factsOf: (name: string) => Promise<unknown> }) => [
    { name: 'itself', ok: (await factsOf(there.definition.identity.name)) !== undefined, compared: 1 },
    { name: 'nobody', ok: (await factsOf('nobody')) === undefined, compared: 1 },
  ];
  expect(await verifyAdapter({ ...never, verify }, context)).toBeUndefined();
  expect(await verifyAdapter(there, context)).toEqual([]);
  expect((await verifyAdapter({ ...there, verify }, context))!.map(({ ok }) => ok)).toEqual([true, true]);
});
