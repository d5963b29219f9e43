import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestAudit, event, testAudit } from '../test-audit.ts';
import { verifyChains, verifyTimelines } from './derived-identity.ts';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit({ options: { workers: ['project-chains', 'project-timelines'] } });
  await t.audit.trail.ingest(
    Array.from({ length: 50 }, (_, i) =>
      event(`e${i}`, i % 3 === 0 ? {} : { causationId: i % 3 === 1 ? `e${i - 1}` : 'command' }),
    ),
  );
});
afterAll(() => t[Symbol.asyncDispose]());

async function verified() {
  await using facts = await t.facts();
  return [await verifyChains(facts), await verifyTimelines(facts)];
}

test('what is derived holds, and says over how many events', async () => {
  await expect.poll(async () => (await verified())[1]!.compared).toBe(50);
  const found = await verified();
  expect(found).toMatchObject([
    { name: 'chains', ok: true },
    { name: 'timelines', ok: true },
  ]);
  for (const { compared } of found) expect(compared).toBe(50);
});

test.each([
  [
    'a link that is missing',
    'delete from event_links where effect_position = 2',
    0,
    /position 2: it names e0, and its link is missing/,
  ],
  [
    'a link to another event',
    'update event_links set cause_position = 9 where effect_position = 5',
    0,
    /position 5: it names e3, and its link is 9/,
  ],
  ['totals that count another', 'update chain_totals set linked = linked + 1', 0, /the totals say/],
  [
    'an event that no minute counts',
    "update minute_stats set count = count - 1 where kind = 'event' and type = 'signal.decided'",
    1,
    /counted 49, in the trail 50/,
  ],
])('%s is found, and named', async (_, spoil, which, says) => {
  await t.tamper(
    `create table kept_links as table event_links; create table kept_totals as table chain_totals; create table kept_minutes as table minute_stats`,
  );
  await t.tamper(spoil);
  const found = (await verified())[which]!;
  expect(found.ok).toBe(false);
  expect(found.differences!.join('\n')).toMatch(says);
  await t.tamper(
    `delete from event_links; insert into event_links table kept_links; delete from chain_totals; insert into chain_totals table kept_totals;
     delete from minute_stats; insert into minute_stats table kept_minutes; drop table kept_links, kept_totals, kept_minutes`,
  );
  expect(await verified()).toMatchObject([{ ok: true }, { ok: true }]);
});
