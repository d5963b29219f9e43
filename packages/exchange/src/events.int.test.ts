import type { z } from 'zod';
import { expect, test } from 'vitest';
import { exchangeEvents } from './events.ts';
import { testExchange } from './test-exchange.ts';

const types = Object.keys(exchangeEvents.types) as (keyof typeof exchangeEvents.types)[];

test('what is published is what the catalog says, to the field, of every type', async () => {
  await using t = await testExchange();
  const { accounts, orders, matches, ledger, holds } = t.exchange;
  await t.customer('top', { USD: '1000', BTC: '2' });
  await t.customer('top/sub', { USD: '1000' }, 'top');
  await accounts.changeStatus({ accountId: 'top', status: 'suspended', reason: 'why' });
  await accounts.changeStatus({ accountId: 'top', status: 'active' });
  await accounts.setOverdraft({ accountId: 'top', asset: 'USD', overdraft: '5' });
  await ledger.transfer({
    reference: 'x',
    from: { accountId: 'top' },
    to: { accountId: 'top/sub', parentId: 'top' },
    asset: 'USD',
    amount: '1',
  });
  await ledger.adjust({
    reference: 'x',
    reason: 'r',
    entries: [
      { accountId: 'top', asset: 'USD', amount: '1' },
      { accountId: 'fees', asset: 'USD', amount: '-1' },
    ],
  });
  await ledger.revert({ reference: 'x', transactionId: 'transfer:x' });
  await holds.place({ kind: 'manual', reference: 'x', accountId: 'top', asset: 'USD', amount: '1' });
  await ledger.withdraw({ reference: 'x', accountId: 'top', asset: 'USD', amount: '1', holdId: 'manual:x' });

  const sell = await t.place({ accountId: 'top', side: 'sell', riskCheckId: 'k' });
  const buy = await t.place({ accountId: 'top/sub', parentId: 'top', side: 'buy', quantity: '2' });
  await matches.settle([t.match(sell, buy)]);
  await orders.replace({ accountId: 'top/sub', parentId: 'top', orderId: buy.id, version: 2, price: '90' });
  await orders.cancel({ accountId: 'top/sub', parentId: 'top', orderId: buy.id });
  const pending = await t.place({ accountId: 'top', side: 'buy', pending: true });
  await orders.accept({ orderId: pending.id });
  await t.place({ accountId: 'top', side: 'buy', type: 'market', quoteBudget: '5.5' });
  const own = await t.place({ accountId: 'top', side: 'sell', price: '100' });
  await matches.prevent([
    {
      preventionId: 'p',
      symbol: own.symbol,
      makerOrderId: pending.id,
      takerOrderId: own.id,
      price: '100',
      quantity: '1',
    },
  ]);

  await t.exchange.liabilities.snapshot({ snapshotId: 'all' });
  await t.exchange.liabilities.snapshot({ snapshotId: 'all' });

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
    const schema = exchangeEvents.types[type as (typeof types)[number]].payload as z.ZodObject;
    expect(schema.strict().safeParse(payload).error, `${type} ${JSON.stringify(payload)}`).toBeUndefined();
    const of = `${aggregate} ${aggregateId}`;
    expect(aggregateVersion).toBeGreaterThan(last.get(of) ?? 0);
    last.set(of, aggregateVersion);
  }
  const states = published
    .filter(({ payload }) => payload['orderId'] === pending.id)
    .map(({ type, payload }) => [type, payload['status']]);
  expect(states).toEqual([
    ['order.placed', 'pending-new'],
    ['order.placed', 'new'],
  ]);
});

test.each(types)('the example of %s is one', (type) => {
  expect(exchangeEvents.example(type)).toMatchObject({ type, source: 'exchange' });
});
