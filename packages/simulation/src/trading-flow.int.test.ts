import { manualClock } from '@tse/testkit';
import { expect, test, vi } from 'vitest';
import { openDemoAdapters } from './demo-adapters.ts';
import { conclude } from './ecosystem/conclude.ts';
import { openEcosystem } from './ecosystem/ecosystem.ts';
import { planOf } from './ecosystem/plan.ts';
import { timelineOf } from './ecosystem/timeline.ts';
import { stepsOf } from './participants/participants.ts';
import { givenServers, prints, source } from './two-days.fixture.ts';

vi.setConfig({ testTimeout: 300_000 }); // all seven services

test('normal trading flow: signal, check, order, trade, fill and settlement are one flow, in every service and in the trail', async () => {
  const clock = manualClock(prints[0]!.at);
  await using demo = await openDemoAdapters(givenServers(), clock, { instance: 'test-flow' });
  const plan = await planOf(source);
  await using ecosystem = await openEcosystem({ plan, demo, clock, seed: 1 });
  const timeline = await timelineOf(stepsOf(source.read(), plan.terms));
  while (timeline.next !== undefined) {
    const steps = await timeline.take({ most: 1 });
    await ecosystem.step(steps.at(-1)!.print.at, steps);
  }
  await conclude(ecosystem, clock);
  await ecosystem.completeTrail(new AbortController().signal);

  const { trading, exchange, risk, custodian, audit } = demo;
  const [trade] = (await exchange.trades.listOfAccount({ accountId: 'momentum' })).items;
  expect(trade).toBeDefined();
  const side = [trade!.maker, trade!.taker].find(({ accountId }) => accountId === 'momentum')!;
  const order = await trading.orders.get(side.orderId);
  expect(order).toMatchObject({ id: side.orderId, status: 'filled' });
  expect(await risk.checks.get(order.riskCheckId!)).toMatchObject({ orderId: side.orderId, decision: 'allow' });
  const settlements = await Array.fromAsync(custodian.settlements.list({ accountId: 'client/momentum' }));
  expect(settlements.find(({ reference }) => reference === trade!.id)).toMatchObject({
    reference: trade!.id,
    status: 'settled',
  });

  const placed = (await Array.fromAsync(audit.trail.list({ types: ['order.placed'], limit: 1000 }))).find(
    ({ payload }) => (payload as { orderId: string }).orderId === side.orderId,
  )!;
  const flow = await Array.fromAsync(
    audit.trail.list({ correlationId: placed.correlationId!, limit: 1000, sort: 'oldest' }),
  );
  for (const type of [
    'signal.decided',
    'check.decided',
    'order.submitted',
    'order.placed',
    'trade.settled',
    'reservation.ended',
    'position.changed',
    'settlement.registered',
    'settlement.settled',
  ])
    expect(flow.map((event) => event.type)).toContain(type);
  const { balances } = await exchange.getAccountPortfolio('momentum');
  const held = await custodian.holdings.list('client/momentum', { fresh: true });
  expect(Object.fromEntries(held.map(({ asset, settled }) => [asset, settled]))).toEqual(
    Object.fromEntries(balances.map(({ asset, total }) => [asset, total])),
  );
});
