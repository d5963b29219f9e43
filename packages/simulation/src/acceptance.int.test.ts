import { type AdapterError, type CallOptions, isAdapterError, toProblem, withContext } from '@tse/core';
import { type ExchangeAdapter, type Order, type PlaceOrder, createExchangeAdapter } from '@tse/exchange';
import { sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { priceTimeEngine } from './engine/price-time.ts';
import { repeatUnknown } from './repeat-unknown.ts';

type OwnOrder = PlaceOrder & { clientOrderId: string };

/** What the author of an exchange simulator writes. */
async function market(exchange: ExchangeAdapter, symbol: string) {
  const lease = await exchange.leases.hold(`matching/${symbol}`); // one engine a symbol; settle refuses an older token
  const restore = async () =>
    priceTimeEngine(await Array.fromAsync(exchange.orders.listOpen({ symbol }, { fresh: true })));
  let engine = await restore();
  return {
    lease,
    async place(input: OwnOrder, options: CallOptions = {}) {
      const order: Order = await repeatUnknown(
        (clientOrderId) => exchange.orders.place({ ...input, clientOrderId }, { deadlineMs: 2_000, ...options }),
        input.clientOrderId,
      );
      const { matches } = engine.add(order); // match ids derive from the orders: repeating is safe
      const outcomes = await repeatUnknown(() => exchange.matches.settle(matches, { lease, ...options }), order.id);
      if (outcomes.some(({ ok }) => !ok)) engine = await restore(); // the tables are right, the engine is not
      return { order, trades: outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : [])) };
    },
  };
}

const statuses: Record<AdapterError['kind'], number> = {
  'invalid-input': 400,
  'not-found': 404,
  conflict: 409,
  unavailable: 503,
  'outcome-unknown': 504,
  internal: 500,
};

/** The whole error handling of an HTTP route. */
function answer(error: unknown) {
  if (!isAdapterError(error)) throw error;
  const problem = toProblem(error);
  expect(problem.status).toBe(statuses[error.kind]);
  return problem;
}

test('a lost reply places once, the trade is told with its correlation, and a store that comes back is used again', async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter });
  await box.fund('alice', { USD: '10000' });
  await box.fund('bob', { BTC: '1' });
  const btc = await market(box.exchange, 'BTC-USD');
  await using _ = btc.lease;
  const order = { symbol: 'BTC-USD', type: 'limit', price: '29900', quantity: '0.1' } as const;

  await btc.place({ ...order, accountId: 'bob', clientOrderId: 'b1', side: 'sell' });
  box.postgres.cutAfterCommit();
  const { trades } = await withContext({ correlationId: 'req-1' }, () =>
    btc.place({ ...order, accountId: 'alice', clientOrderId: 'a1', side: 'buy', price: '30000' }),
  );
  expect(trades).toMatchObject([{ price: '29900', quantity: '0.1' }]);

  const { balances } = await box.exchange.getAccountPortfolio('alice');
  expect(balances).toContainEqual({ asset: 'USD', available: '7010', held: '0', total: '7010' });
  expect((await box.events.next('trade.settled')).correlationId).toBe('req-1'); // without any OpenTelemetry SDK

  const poor = await btc
    .place({ ...order, accountId: 'alice', clientOrderId: 'a2', side: 'buy', quantity: '100' })
    .catch(answer);
  expect(poor).toMatchObject({ status: 409, body: { code: 'insufficient-funds' } });

  {
    await using _down = box.postgres.down();
    expect(await box.exchange.getAccountPortfolio('alice', { fresh: true }).catch(answer)).toMatchObject({
      status: 503,
    });
  }
  await box.exchange.ready(); // alive again by itself
  expect((await box.exchange.getAccountPortfolio('alice')).account.status).toBe('active');
});

test('an engine whose lease was taken over settles nothing any more', async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter });
  await box.fund('alice', { USD: '10000' });
  await box.fund('bob', { BTC: '1' });
  const old = await market(box.exchange, 'BTC-USD');
  const order = { symbol: 'BTC-USD', type: 'limit', price: '29900', quantity: '0.1' } as const;
  const sell = await old.place({ ...order, accountId: 'bob', clientOrderId: 'b1', side: 'sell' });
  const token = { name: old.lease.name, fence: old.lease.fence };
  await old.lease.release();
  await using lease = (await market(box.open('exchange'), 'BTC-USD')).lease;
  expect(lease.fence).toBeGreaterThan(token.fence);

  const buy = await box.exchange.orders.place({ ...order, accountId: 'alice', clientOrderId: 'a1', side: 'buy' });
  const match = {
    tradeId: 't1',
    symbol: 'BTC-USD',
    makerOrderId: sell.order.id,
    takerOrderId: buy.id,
    price: '29900',
    quantity: '0.1',
  };
  expect(await box.exchange.matches.settle([match], { lease: token })).toMatchObject([
    { ok: false, error: { code: 'stale-lease' } },
  ]);
  expect(await box.exchange.matches.settle([match], { lease })).toMatchObject([{ ok: true }]);
});
