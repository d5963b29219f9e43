import type { z } from 'zod';
import { expect, test } from 'vitest';
import { riskEvents } from './events.ts';
import { SYMBOL, testRisk } from './test-risk.ts';

const types = Object.keys(riskEvents.types) as (keyof typeof riskEvents.types)[];

test('what is published is what the catalog says, to the field, of every type', async () => {
  await using t = await testRisk({ options: { workers: ['relay-events'] } });
  const { limits, checks, positions, breaches, alerts } = t.risk;
  const scope = { account: 'alice', symbol: SYMBOL };
  const limit = { limitId: 'l', metric: 'position', scope, warn: '1', soft: '2', hard: '5' } as const;
  await limits.define(limit);
  await limits.define({ ...limit, hard: '6', reason: 'why' });
  const order = { account: 'alice', strategy: 's', symbol: SYMBOL, side: 'buy', quantity: '4', price: '10' } as const;
  await checks.check({ ...order, orderId: 'o1' });
  await checks.check({ ...order, orderId: 'o2', quantity: '1' });
  await checks.check({ ...order, orderId: 'o3' });
  await positions.applyFill(t.fillOf({ orderId: 'o1', quantity: '4' }));
  await checks.hearOrder({ orderId: 'o2', what: 'closed' });
  await breaches.evaluate();
  const { alertId } = (await breaches.list()).items[0]!;
  await alerts.acknowledge({ alertId, by: 'ann' });
  await positions.applyFill(t.fillOf({ quantity: '4' }));
  await breaches.evaluate();
  await positions.applyFill(t.fillOf({ side: 'sell', quantity: '8' }));
  await breaches.evaluate();
  await alerts.raise({ alertId: 'a', dedupKey: 'a', severity: 'low', summary: 'something' });
  await alerts.resolve({ alertId: 'a', by: 'ann', reason: 'nothing' });
  await limits.setTradingState({ scope: {}, state: 'halted', reason: 'why' });
  await limits.setTradingState({ scope: {}, state: 'active' });

  const written = async () => {
    await using facts = await t.facts();
    return (await facts.query<{ n: number }>('select count(*) as n from facts_events'))[0]!.n;
  };
  const total = await written();
  await expect.poll(async () => (await t.box.events.all()).length).toBe(total);
  const published = await t.box.events.all();
  expect([...new Set(published.map(({ type }) => type))].toSorted()).toEqual(types.toSorted());
  expect(published.map(({ publishSeq }) => publishSeq)).toEqual(published.map((_, i) => i + 1));
  const last = new Map<string, number>();
  for (const { type, payload, aggregate, aggregateId, aggregateVersion } of published) {
    const schema = riskEvents.types[type as (typeof types)[number]].payload as z.ZodObject;
    expect(schema.strict().safeParse(payload).error, `${type} ${JSON.stringify(payload)}`).toBeUndefined();
    const of = `${aggregate} ${aggregateId}`;
    expect(aggregateVersion).toBeGreaterThan(last.get(of) ?? 0);
    last.set(of, aggregateVersion);
  }
  const breachTypes = published.filter(({ type }) => type === 'breach.changed').map(({ payload }) => payload['type']);
  expect(breachTypes).toEqual(['opened', 'worsened', 'cleared']);
  expect(published.filter(({ type }) => type === 'reservation.ended').map(({ payload }) => payload['how'])).toEqual([
    'filled',
    'closed',
  ]);
});

test.each(types)('the example of %s is one', (type) => {
  expect(riskEvents.example(type)).toMatchObject({ type, source: 'risk' });
});
