import type { z } from 'zod';
import { expect, test } from 'vitest';
import { tradingEvents } from './events.ts';
import { ACCOUNT, SYMBOL, VENUE, testTrading } from './test-trading.ts';

const types = Object.keys(tradingEvents.types) as (keyof typeof tradingEvents.types)[];

test('what is published is what the catalog says, to the field, of every type', async () => {
  await using t = await testTrading();
  const { strategies, deployments, signals, positions, backtests } = t.trading;
  await strategies.change({ strategyId: 's', status: 'paused', reason: 'why' });
  await strategies.change({ strategyId: 's', status: 'active' });
  await deployments.wish({ deploymentId: 'd', desired: 'paused', reason: 'why' });
  await signals.record({ signalId: 'a', deploymentId: 'd', epoch: 1, symbol: SYMBOL, action: 'buy' });
  await signals.decide({ signalId: 'a', outcome: 'accepted', riskCheckId: 'k' });
  await signals.record({
    deploymentId: 'd',
    epoch: 1,
    symbol: SYMBOL,
    action: 'sell',
    outcome: 'rejected',
    reason: 'price-stale',
  });
  const early = await t.submit({ signalId: 'a', riskCheckId: 'k', type: 'limit', price: '100' });
  const late = t.fillOf(early, { quantity: '0.5' });
  await t.trade('sell', '3', '101');
  await t.trade('buy', '1', '99', {}, { fee: '0.001', feeAsset: 'BTC' });
  await t.trade('buy', '3', '98');
  await t.trading.fills.apply(late);
  const [open] = await positions.listOpen('d', { fresh: true });
  await positions.adjust({ reference: 'x', positionId: open!.id, kind: 'funding', amount: '-1' });
  await positions.rebuild({ deploymentId: 'd', accountId: ACCOUNT, venue: VENUE, symbol: SYMBOL });
  await backtests.start({
    backtestId: 'b',
    strategyId: 's',
    strategyVersion: 1,
    engineVersion: '1',
    dataSnapshot: 'x',
    dataSha256: 'a'.repeat(64),
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00Z',
    startingEquity: '1000',
  });
  await backtests.complete({ backtestId: 'b' });
  await deployments.attach({ deploymentId: 'd' });

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
    const schema = tradingEvents.types[type as (typeof types)[number]].payload as z.ZodObject;
    expect(schema.strict().safeParse(payload).error, `${type} ${JSON.stringify(payload)}`).toBeUndefined();
    const of = `${aggregate} ${aggregateId}`;
    expect(aggregateVersion, `${type} of ${of}`).toBeGreaterThan(last.get(of) ?? 0);
    last.set(of, aggregateVersion);
  }
  const changes = published.flatMap(({ type, payload }) => (type === 'position.changed' ? [payload['change']] : []));
  for (const change of ['opened', 'reduced', 'closed', 'adjusted', 'folded-again']) expect(changes).toContain(change);
});

test.each(types)('the example of %s is one', (type) => {
  expect(tradingEvents.example(type)).toMatchObject({ type, source: 'trading' });
});
