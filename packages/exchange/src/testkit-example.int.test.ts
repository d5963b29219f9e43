import { createExchangeAdapter } from '@tse/exchange';
import { sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';

test('a lost reply places an order once', async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter });
  await box.fund('alice', { USD: '10000', BTC: '1' });
  const order = {
    accountId: 'alice',
    symbol: 'BTC-USD',
    side: 'buy',
    type: 'limit',
    price: '30000',
    quantity: '0.1',
  } as const;

  box.postgres.cutAfterCommit({ match: /place_orders/ });
  const placing = box.exchange.orders.place({ ...order, clientOrderId: 'a1' });
  await expect(placing).rejects.toMatchObject({ kind: 'outcome-unknown', repeatWith: { id: 'a1' } });

  await box.exchange.orders.place({ ...order, clientOrderId: 'a1' });
  expect((await box.exchange.orders.listOpen({ symbol: 'BTC-USD' })).items).toHaveLength(1);
  expect((await box.events.next('order.placed')).payload).toMatchObject({ clientOrderId: 'a1', quantity: '0.1' });
});
