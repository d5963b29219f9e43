import {
  type AdapterError,
  type CallOptions,
  type Service,
  type ServiceOptions,
  defaultLogger,
  isAdapterError,
  runService,
  toProblem,
  withContext,
} from '@tse/core';
import { type ExchangeAdapter, type Order, type PlaceOrder, createExchangeAdapter } from '@tse/exchange';
import { exchangeEvents } from '@tse/exchange/events';
import { marketDataEvents } from '@tse/market-data/events';
import { type RiskAdapter, createRiskAdapter } from '@tse/risk';
import { sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { priceTimeEngine } from './engine/price-time.ts';
import { repeatUnknown } from './repeat-unknown.ts';

type OwnOrder = PlaceOrder & { clientOrderId: string };

/** What the author of an exchange simulator writes. */
async function market(exchange: ExchangeAdapter, symbol: string, signal = new AbortController().signal) {
  const lease = await exchange.leases.hold(`matching/${symbol}`, { signal }); // one engine a symbol; settle refuses an older token
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

/** The whole service, but for its HTTP server. */
const exchangeMain = (options: ServiceOptions<{ exchange: ExchangeAdapter }>) =>
  runService(options, async (service: Service<{ exchange: ExchangeAdapter }>) => {
    service.use((await market(service.adapters.exchange, 'BTC-USD', service.signal)).lease);
  });

/** What the author of a risk monitor writes. */
const riskMonitor = (risk: RiskAdapter, page: (text: string) => Promise<void>) => [
  risk.inbox.consume(
    { name: 'fills', from: exchangeEvents, types: ['trade.settled'], start: 'earliest' },
    async ({ occurredAt, payload: t }) => {
      for (const { side, accountId } of t.sides)
        await risk.positions.applyFill({
          fillId: `${t.tradeId}/${side}`,
          account: accountId,
          venue: t.venue,
          sequence: t.tradeSeq,
          symbol: t.symbol,
          side,
          quantity: t.quantity,
          price: t.price,
          at: occurredAt,
        });
    },
  ), // cursor in risk's own schema; trace, correlation, causation restored
  risk.inbox.follow({ name: 'marks', feed: marketDataEvents.priceFeed }, async ({ occurredAt, payload: p }) => {
    await risk.marks.record({ symbol: p.symbol, price: p.last, sequence: p.sequence, at: occurredAt });
  }),
  risk.alerts.onDue(({ text }) => page(text)),
];

const statuses = {
  'invalid-input': 400,
  'not-found': 404,
  conflict: 409,
  unavailable: 503,
  'outcome-unknown': 504,
  internal: 500,
} satisfies Record<AdapterError['kind'], number>;

/** The whole error handling of an HTTP route. */
function answer(error: unknown) {
  if (!isAdapterError(error)) throw error;
  const problem = toProblem(error);
  expect(problem.status).toBe(statuses[error.kind]);
  return problem;
}

test('a lost reply places once, the fill reaches risk, a store that comes back is used again, an unanswered page comes again', async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter, risk: createRiskAdapter });
  await box.fund('alice', { USD: '10000' });
  await box.fund('bob', { BTC: '1' });
  const pages: string[] = [];
  await using running = new AsyncDisposableStack();
  for (const each of riskMonitor(box.risk, async (text) => void pages.push(text))) running.use(each);
  await box.risk.limits.define({
    metric: 'position',
    scope: { account: 'alice' },
    soft: '0.05',
    escalateAfter: 'PT15M',
  });
  const btc = await market(box.exchange, 'BTC-USD');
  await using _ = btc.lease;
  const order = { symbol: 'BTC-USD', type: 'limit', price: '29900', quantity: '0.1' } as const;

  await btc.place({ ...order, accountId: 'bob', clientOrderId: 'b1', side: 'sell' });
  const lost = box.postgres.cutAfterCommit({ match: /place_orders/ }); // and no write of a worker
  const { trades } = await withContext({ correlationId: 'req-1' }, () =>
    btc.place({ ...order, accountId: 'alice', clientOrderId: 'a1', side: 'buy', price: '30000' }),
  );
  expect(trades).toMatchObject([{ price: '29900', quantity: '0.1' }]);

  const { balances } = await box.exchange.getAccountPortfolio('alice');
  expect(balances).toContainEqual({ asset: 'USD', available: '7010', held: '0', total: '7010' });
  expect(await lost.struck).toContain('place_orders');
  expect((await box.exchange.orders.list({ accountId: 'alice' })).items).toMatchObject([{ clientOrderId: 'a1' }]);
  const event = await box.events.next('trade.settled');
  expect(event.correlationId).toBe('req-1'); // without any OpenTelemetry SDK
  await expect
    .poll(async () => (await box.risk.positions.list({ account: 'alice' })).items)
    .toMatchObject([{ venue: box.exchange.identity.label, quantity: '0.1', averagePrice: '29900' }]);
  await expect.poll(() => pages).toEqual([expect.stringContaining('position of account:alice in BTC-USD is 0.1')]);

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

  await box.clock.advance('PT16M'); // business time: the escalation falls due
  await expect.poll(() => pages.length).toBeGreaterThan(1);
});

test('as a service it holds its market until it is told to stop, and another takes it over', async () => {
  await using box = await sandbox({ exchange: createExchangeAdapter });
  await box.fund('alice', { USD: '1', BTC: '1' });
  const other = box.open('exchange');
  const adapters = { exchange: box.exchange };
  const codes: number[] = [];
  const running = exchangeMain({
    name: 'exchange-simulator',
    opsPort: 0,
    adapters,
    settleMs: 10,
    logger: defaultLogger('silent'),
    exit: (code) => void codes.push(code),
  });
  const started = async () => {
    await other.leases.hold('matching/BTC-USD', { deadlineMs: 100 }).then((lease) => lease.release());
  };
  await expect.poll(() => started().catch(answer), { timeout: 5_000 }).toMatchObject({ body: { code: 'lease-held' } });
  process.emit('SIGTERM', 'SIGTERM');
  expect(await running).toBe(0);
  expect(codes).toEqual([0]);
  await using lease = await other.leases.hold('matching/BTC-USD', { deadlineMs: 2_000 });
  expect(lease.fence).toBeGreaterThan(1);
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
