import { createAuditAdapter } from '@tse/audit';
import { exchangeEvents } from '@tse/exchange/events';
import { createExchangeAdapter } from '@tse/exchange';
import { withContext } from '@tse/core';
import { sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { causalChain } from './causal-chain.ts';

test("one trade's chain prints: what led to it across services, and what it led to, with the time of each hop", async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter, audit: createAuditAdapter });
  const { exchange, audit } = box;
  const { instance } = exchange.identity;
  await audit.sources.add({ ...exchangeEvents.source, instance });
  await box.fund('alice', { USD: '1000' });
  await box.fund('bob', { BTC: '5' });
  const limit = { symbol: 'BTC-USD', type: 'limit', price: '100', quantity: '1' } as const;

  // A signal of an engine without an outbox leads to the taker's order, as a trading engine would place it.
  await audit.trail.record({
    source: 'trading-engine',
    eventId: 'signal-1',
    type: 'signal.decided',
    aggregateId: 's1',
    payload: {},
  });
  const sell = await exchange.orders.place({ ...limit, accountId: 'bob', clientOrderId: 'b', side: 'sell' });
  const buy = await withContext({ causationId: 'signal-1' }, () =>
    exchange.orders.place({ ...limit, accountId: 'alice', clientOrderId: 'a', side: 'buy' }),
  );
  await box.events.next('order.placed');
  const placed = await box.events.next('order.placed');
  expect(placed.payload).toMatchObject({ orderId: buy.id });
  const match = {
    tradeId: 't-1',
    symbol: 'BTC-USD',
    makerOrderId: sell.id,
    takerOrderId: buy.id,
    price: '100',
    quantity: '1',
  };
  await withContext({ causationId: placed.id }, () => exchange.matches.settle([match]));
  const settled = await box.events.next('trade.settled');
  await audit.trail.record({
    source: 'risk-monitor',
    eventId: 'fill-1',
    type: 'position.changed',
    aggregateId: 'alice',
    causationId: settled.id,
    payload: {},
  });
  await expect.poll(() => audit.trail.findEvent({ eventId: settled.id })).toBeDefined();

  const lines = await causalChain(audit, { tradeId: 't-1' });
  expect(lines).toEqual([
    expect.stringMatching(/^signal\.decided {2}trading-engine {2}s1 /),
    expect.stringMatching(/^↓ [+−]\d+\.\d{3} ms$/),
    expect.stringMatching(/^order\.placed {2}exchange_\w+ /),
    expect.stringMatching(/^↓ [+−]\d+\.\d{3} ms$/),
    expect.stringMatching(/^trade\.settled {2}exchange_\w+ /),
    expect.stringMatching(/^└─ [+−]\d+\.\d{3} ms {2}position\.changed {2}risk-monitor {2}alice /),
  ]);
  expect(await causalChain(audit, { eventId: settled.id })).toEqual(lines);
  expect(await causalChain(audit, { tradeId: 'no-such-trade' })).toEqual([]);
});
