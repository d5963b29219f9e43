import { createExchangeAdapter } from '@tse/exchange';
import { sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { placeForAlice } from './context.ts';
import { exchangeSimulator } from './service.ts';

test('what a call is made for stands on its event', async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter });
  await box.fund('alice', { USD: '100', BTC: '1' });
  const order = {
    accountId: 'alice',
    symbol: 'BTC-USD',
    side: 'buy',
    type: 'limit',
    price: '10',
    quantity: '1',
  } as const;
  await placeForAlice(box.exchange, { ...order, clientOrderId: 'a1' });
  expect(await box.events.next('order.placed')).toMatchObject({ correlationId: 'request-1', actor: 'alice' });
});

test('a service works until it is told to stop, and gives back what it holds', async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter });
  const exits: number[] = [];
  const ended = exchangeSimulator(box.open('exchange'), { opsPort: 0, settleMs: 0, exit: (code) => exits.push(code) });
  // Only whoever holds the lease of a market may hold it: it is free again when the service has ended.
  const holds = () =>
    box.exchange.leases.hold('matching/BTC-USD', { signal: AbortSignal.timeout(200) }).then(
      (lease) => lease[Symbol.asyncDispose]().then(() => 'free'),
      () => 'held',
    );
  await expect.poll(holds, { timeout: 20_000 }).toBe('held');
  process.emit('SIGTERM', 'SIGTERM');
  expect(await ended).toBe(0);
  expect(exits).toEqual([0]);
  await expect.poll(holds, { timeout: 20_000 }).toBe('free');
});
