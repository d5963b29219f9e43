import { type Instant, withContext } from '@tse/core';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Correlation, DefineRule } from '../index.ts';
import { type TestAudit, asAdapter, errorsOf, event, testAudit } from '../test-audit.ts';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const at = (seconds: number) => `2026-01-01T00:00:${String(seconds).padStart(2, '0')}.000000Z` as Instant;
const rule = (ruleId: string, over: Partial<DefineRule> = {}): DefineRule => ({
  ruleId,
  version: 1,
  kind: 'same-id',
  ...over,
});
const idsOf = async (found: readonly Correlation[]) =>
  Promise.all(
    found.map(async ({ positions }) =>
      (await Promise.all(positions.map((position) => t.audit.trail.get(position)))).map(({ eventId }) => eventId),
    ),
  );

test('a rule is defined in versions: the same again is the same, another content a conflict, and none is left out', async () => {
  const { correlations } = t.audit;
  const first = await withContext({ actor: 'jane' }, () =>
    correlations.defineRule(rule('r', { types: ['order.placed', 'trade.settled'], within: 'PT2S' })),
  );
  expect(first).toEqual({
    ruleId: 'r',
    version: 1,
    kind: 'same-id',
    by: 'correlationId',
    types: ['order.placed', 'trade.settled'],
    minEvents: 2,
    minSources: 1,
    withinMs: 2000,
    settleMs: 5000,
    enabled: true,
    definedAt: t.box.clock.now(),
    actor: 'jane',
  });
  expect(
    await correlations.defineRule(rule('r', { types: ['order.placed', 'trade.settled'], within: 'PT2S' })),
  ).toEqual(first);
  expect(
    await errorsOf([
      correlations.defineRule(rule('r')),
      correlations.defineRule(rule('r', { version: 3 })),
      correlations.defineRule(rule('s', { kind: 'sequence' })),
      correlations.defineRule(rule('s', { by: 'everything' })),
      correlations.run({ ruleId: 'nobody' }),
    ]),
  ).toMatchObject([
    { kind: 'conflict', code: 'id-conflict' },
    { kind: 'conflict', code: 'version-gap' },
    { kind: 'invalid-input', issues: [{ path: 'types' }] },
    { kind: 'invalid-input', issues: [{ path: 'by' }] },
    { kind: 'not-found', code: 'unknown-rule' },
  ]);
  await correlations.defineRule(rule('r', { version: 2, minSources: 2 }));
  const rules = await Array.fromAsync(correlations.listRules({ ruleId: 'r', limit: 1 }));
  expect(rules.map(({ version, minSources }) => [version, minSources])).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('events of three services with one correlation are found together, once, however often the rule runs', async () => {
  const { correlations, trail } = t.audit;
  await withContext({ correlationId: 'flow-1' }, async () => {
    for (const source of ['trading', 'exchange', 'custodian'])
      await trail.record(event(`f1-${source}`, { source, occurredAt: at(1) }));
  });
  await withContext({ correlationId: 'flow-2' }, () => trail.record(event('f2', { source: 'trading' })));
  await correlations.defineRule(rule('flows', { minSources: 2 }));
  expect(await correlations.run({ ruleId: 'flows' })).toMatchObject({ version: 1, found: 1, added: 1 });
  expect(await correlations.run({ ruleId: 'flows' })).toMatchObject({ found: 1, added: 0 });
  const found = await correlations.ofKey('flow-1');
  expect(found).toMatchObject([
    {
      ruleId: 'flows',
      confidence: 1,
      key: 'flow-1',
      firstAt: at(1),
      lastAt: at(1),
      evidence: { sources: ['custodian', 'exchange', 'trading'] },
    },
  ]);
  expect(await idsOf(found)).toEqual([['f1-trading', 'f1-exchange', 'f1-custodian']]);
  const { positions } = found[0]!;
  expect((await correlations.list({ position: positions[1]! })).items).toEqual(found);
  expect((await correlations.list({ ruleId: 'flows', minConfidence: 0.5, from: at(1), to: at(2) })).items).toEqual(
    found,
  );
  expect((await correlations.list({ ruleId: 'flows', from: at(2) })).items).toEqual([]);
  // A part of the trail can be asked for; the version that it was asked of says who found it.
  expect(
    await correlations.run({ ruleId: 'flows', version: 1, firstPosition: positions[0]!, lastPosition: positions[1]! }),
  ).toMatchObject({ events: 2, found: 1, added: 1 });
});

test('an order is one order in whatever service and however deep its id stands', async () => {
  const { correlations, trail } = t.audit;
  await trail.record(event('o-placed', { source: 'trading', type: 'order.submitted', payload: { orderId: 'o-1' } }));
  await trail.record(event('o-checked', { source: 'risk', type: 'check.decided', payload: { orderId: 'o-1' } }));
  await trail.record(event('o-other', { source: 'risk', type: 'check.decided', payload: { orderId: 'o-2' } }));
  await trail.record(
    event('o-traded', {
      source: 'exchange',
      type: 'trade.settled',
      payload: { sides: [{ orderId: 'o-1' }, { orderId: 'o-3' }] },
    }),
  );
  await correlations.defineRule(rule('orders', { kind: 'same-order', minSources: 3 }));
  await correlations.run({ ruleId: 'orders' });
  expect(await idsOf((await correlations.list({ ruleId: 'orders' })).items)).toEqual([
    ['o-placed', 'o-checked', 'o-traded'],
  ]);
  expect(await correlations.ofKey('o-1')).toHaveLength(1);
  expect(await correlations.ofKey('o-2')).toEqual([]);
});

test('a shock and the alert soon after it, a sequence and the part of one: with how sure that is', async () => {
  const { correlations, trail } = t.audit;
  await trail.record(event('shock', { source: 'market-data', type: 'manipulation.changed', occurredAt: at(10) }));
  await trail.record(event('alert', { source: 'risk', type: 'alert.changed', occurredAt: at(12) }));
  await trail.record(event('too-late', { source: 'risk', type: 'alert.changed', occurredAt: at(59) }));
  await correlations.defineRule(
    rule('detected', {
      kind: 'time-window',
      by: 'everything',
      types: ['manipulation.changed', 'alert.changed'],
      within: 'PT10S',
    }),
  );
  await correlations.run({ ruleId: 'detected' });
  const [detected] = (await correlations.list({ ruleId: 'detected' })).items;
  expect(detected).toMatchObject({ confidence: 0.8, evidence: { spreadMs: 2000, within: 10_000 } });
  expect(await idsOf([detected!])).toEqual([['shock', 'alert']]);

  for (const [flow, types] of [
    ['s1', ['signal.decided', 'order.submitted', 'trade.settled']],
    ['s2', ['signal.decided', 'order.submitted']],
  ] as const)
    await withContext({ correlationId: flow }, async () => {
      for (const [i, type] of types.entries())
        await trail.record(event(`${flow}-${i}`, { type, occurredAt: at(20 + i) }));
    });
  await correlations.defineRule(
    rule('strategy', { kind: 'sequence', types: ['signal.decided', 'order.submitted', 'trade.settled'] }),
  );
  await correlations.run({ ruleId: 'strategy' });
  const { items } = await correlations.list({ ruleId: 'strategy' });
  expect(items.map(({ key, confidence }) => [key, confidence])).toEqual([
    ['s2', 2 / 3],
    ['s1', 1],
  ]);
  expect(items[0]!.evidence).toMatchObject({ missing: ['trade.settled'] });
});

test('what was found stays: nobody changes or removes it', async () => {
  for (const query of [sql`delete from correlations`, sql`update correlation_rules set version = 9`])
    await expect(asAdapter(t.stores, query)).rejects.toMatchObject({
      code: expect.stringMatching(/permission|privilege|denied/),
    });
});

test('findings of a key are read from their copy in Redis until another is added', async () => {
  const { correlations } = t.audit;
  const found = await correlations.ofKey('flow-1');
  const key = `${t.audit.identity.prefix}:correlation:{flow-1}`;
  const text = (await t.stores.redis.read('test', (redis) => redis.get(key)))!;
  await t.stores.redis.write('test', (redis) => redis.set(key, text.replaceAll('custodian', 'forger')));
  expect(JSON.stringify(await correlations.ofKey('flow-1'))).toContain('forger');
  expect(await correlations.ofKey('flow-1', { fresh: true })).toEqual(found);
  await correlations.defineRule(rule('again', { types: ['signal.decided'] }));
  await correlations.run({ ruleId: 'again' });
  expect(await correlations.ofKey('flow-1')).toHaveLength(found.length + 1);
  {
    await using _ = t.box.redis.down();
    expect(await correlations.ofKey('flow-1')).toHaveLength(found.length + 1);
  }
});

test('what a rule finds as it follows the trail in portions, killed at any step of it, is what a run over all of it finds', async () => {
  await using other = await testAudit({ options: { workers: false } });
  const { correlations, trail } = other.audit;
  await correlations.defineRule(rule('follow', { settle: 'PT0.02S' }));
  const repository = correlations as unknown as {
    followed(): Promise<never[]>;
    advance(rule: never, limit: number): Promise<number>;
  };
  let recorded = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          flow: fc.nat(3),
          limit: fc.integer({ min: 1, max: 7 }),
          die: fc.constantFrom('no', 'before', 'after'),
        }),
        { minLength: 3, maxLength: 8 },
      ),
      async (steps) => {
        for (const { flow, limit, die } of steps) {
          await withContext({ correlationId: `flow-${flow}` }, () =>
            trail.ingest([event(`x${(recorded += 1)}`), event(`x${(recorded += 1)}`)]),
          );
          const [follow] = await repository.followed();
          if (die === 'no') await repository.advance(follow!, limit);
          else {
            using strike = die === 'after' ? other.box.postgres.cutAfterCommit() : other.box.postgres.cutBeforeCommit();
            await repository.advance(follow!, limit).catch(() => {});
            void strike;
          }
        }
      },
    ),
    { numRuns: 12 },
  );
  const [follow] = await repository.followed();
  await expect
    .poll(async () => {
      while ((await repository.advance(follow!, 100)) === 100);
      return (await asAdapter<{ n: number }>(other.stores, sql`select count(*) as n from open_correlations`))[0]!.n;
    })
    .toBe(0);
  const { items } = await correlations.list({ ruleId: 'follow', limit: 1000 });
  expect(items.length).toBeGreaterThan(5);
  expect(await correlations.run({ ruleId: 'follow' })).toMatchObject({ found: items.length, added: 0 });
});

test('the worker follows the last version of each rule from the beginning of the trail, and none that is stopped', async () => {
  await using other = await testAudit();
  const { correlations, trail } = other.audit;
  await withContext({ correlationId: 'before' }, () => trail.ingest([event('a'), event('b')]));
  await correlations.defineRule(rule('w', { settle: 'PT0.05S' }));
  await correlations.defineRule(rule('off', { settle: 'PT0.05S', enabled: false }));
  await expect
    .poll(() => correlations.ofKey('before', { fresh: true }))
    .toMatchObject([{ ruleId: 'w', ruleVersion: 1 }]);
  await correlations.defineRule(
    rule('w', { version: 2, settle: 'PT0.05S', minEvents: 2, minSources: 1, types: ['signal.decided'] }),
  );
  await expect
    .poll(async () => (await correlations.ofKey('before')).map(({ ruleVersion }) => ruleVersion))
    .toEqual([1, 2]);
});
