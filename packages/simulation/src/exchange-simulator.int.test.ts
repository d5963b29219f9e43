import { type PlaceOrder, createExchangeAdapter } from '@tse/exchange';
import { type Sandbox, sandbox } from '@tse/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { openExchangeSimulator } from './exchange-simulator.ts';
import type { AccountName, SimulatedOrder, Step } from './participants/orders.ts';

const symbol = 'BTC-USD';
const BID = { price: '10', quantity: '1' };
const at = (second: number) => `2026-03-01T00:00:${String(second).padStart(2, '0')}.000000Z`;

function order(
  accountId: AccountName,
  clientOrderId: string,
  side: 'buy' | 'sell',
  more: Partial<SimulatedOrder> = {},
) {
  return {
    accountId,
    clientOrderId,
    symbol,
    side,
    type: 'limit',
    timeInForce: 'gtc',
    price: '100',
    quantity: '1',
    ...more,
  } as const satisfies SimulatedOrder & PlaceOrder;
}
const step = (second: number, place: SimulatedOrder[], cancel: Step['cancel'] = []): Step => ({
  print: { id: `${second}`, sequence: second, price: '100', quantity: '1', taker: 'buy', at: at(second) },
  place,
  cancel,
  endsRun: true,
});

async function funded(): Promise<Sandbox<{ exchange: typeof createExchangeAdapter }>> {
  const box = await sandbox({ exchange: createExchangeAdapter });
  await box.fund('alice', { USD: '1000', BTC: '5' });
  await box.fund('bob', { BTC: '5', USD: '100' });
  return box;
}
type Box = Awaited<ReturnType<typeof funded>>;

const trades = async ({ exchange }: Box) =>
  (await exchange.trades.listOfMarket({ symbol })).items.map(({ maker, taker, quantity, matchedAt }) => [
    maker.accountId,
    taker.accountId,
    quantity,
    matchedAt,
  ]);
const statusOf = async ({ exchange }: Box, accountId: string, clientOrderId: string) => {
  const { status, reason, closedAt } = (await exchange.orders.findByClientOrderId(accountId, clientOrderId))!;
  return [status, reason, closedAt];
};
/** The book that Redis has is the one of the tables, and no balance is held for an order that is gone. */
async function isClean({ exchange }: Box, open: number): Promise<void> {
  expect(await exchange.orderBooks.verify(symbol)).toMatchObject({ compared: open, differences: 0 });
  if (open > 0) return;
  for (const account of ['alice', 'bob'])
    for (const { held } of await exchange.balances.list(account, { fresh: true })) expect(held).toBe('0');
}

test('steps come in one batch, each at its own time: what rests, what trades, what is taken back', async () => {
  await using box = await funded();
  await using simulator = await openExchangeSimulator(box.exchange, symbol, box.clock);
  await simulator.run([
    step(1, [order('bob', 'maker', 'sell', { quantity: '2' }), order('bob', 'away', 'sell', { price: '120' })]),
    step(2, [order('alice', 'taker', 'buy', { timeInForce: 'ioc', quantity: '3' })]),
    step(3, [order('alice', 'rests', 'buy', { price: '90' })], [{ accountId: 'bob', clientOrderId: 'away' }]),
  ]);
  expect(await trades(box)).toEqual([['bob', 'alice', '2', at(2)]]);
  expect(await statusOf(box, 'bob', 'maker')).toEqual(['filled', undefined, at(2)]);
  expect(await statusOf(box, 'alice', 'taker')).toEqual(['canceled', 'unfilled-remainder', at(2)]);
  expect(await statusOf(box, 'bob', 'away')).toEqual(['canceled', 'requested', at(3)]);
  expect(simulator.tally).toEqual({ orders: 4, trades: 1, cancels: 2, refusals: new Map() });
  await isClean(box, 1);
});

test('an order that cannot be paid is refused, and the others trade', async () => {
  await using box = await funded();
  await using simulator = await openExchangeSimulator(box.exchange, symbol, box.clock);
  const tooMuch = order('alice', 'too-much', 'buy', { quantity: '11' });
  await simulator.run([step(1, [order('bob', 'maker', 'sell')]), step(2, [tooMuch, order('alice', 'taker', 'buy')])]);
  expect(await trades(box)).toEqual([['bob', 'alice', '1', at(2)]]);
  expect(simulator.tally.refusals).toEqual(new Map([['insufficient-funds', 1]]));
  await isClean(box, 0);
});

test('an account does not trade with itself: the newer order ends for it', async () => {
  await using box = await funded();
  await using simulator = await openExchangeSimulator(box.exchange, symbol, box.clock);
  await simulator.run([step(1, [order('alice', 'own', 'sell')]), step(2, [order('alice', 'against', 'buy')])]);
  expect(await trades(box)).toEqual([]);
  expect((await statusOf(box, 'alice', 'against'))[0]).toBe('expired-in-match');
  expect((await statusOf(box, 'alice', 'own'))[0]).toBe('new');
  await isClean(box, 1);
});

test('an order that ended behind its back: the engine is made anew, and the taker meets who is next', async () => {
  await using box = await funded();
  await using simulator = await openExchangeSimulator(box.exchange, symbol, box.clock);
  await simulator.run([step(1, [order('bob', 'first', 'sell'), order('bob', 'second', 'sell', { price: '101' })])]);
  const first = (await box.exchange.orders.findByClientOrderId('bob', 'first'))!;
  await box.exchange.orders.cancel({ orderId: first.id, accountId: 'bob' });
  await simulator.run([step(2, [order('alice', 'taker', 'buy', { price: '105', timeInForce: 'ioc', quantity: '2' })])]);
  expect(await trades(box)).toEqual([['bob', 'alice', '1', at(2)]]);
  expect((await statusOf(box, 'bob', 'second'))[0]).toBe('filled');
  expect((await statusOf(box, 'alice', 'taker')).slice(0, 2)).toEqual(['canceled', 'unfilled-remainder']);
  expect(simulator.tally.refusals.get('order-closed')).toBe(1);
  await isClean(box, 0);
});

test('a simulator that comes after one that ended half-way does what was left, and takes back what its accounts name', async () => {
  await using box = await funded();
  await box.exchange.orders.place(order('bob', 'maker', 'sell'));
  await box.exchange.orders.place(order('bob', 'away', 'sell', { price: '120' }));
  await box.exchange.orders.place(order('alice', 'taker', 'buy', { timeInForce: 'ioc', quantity: '2' }));
  await using simulator = await openExchangeSimulator(box.exchange, symbol, box.clock);
  expect(await trades(box)).toMatchObject([['bob', 'alice', '1', box.clock.now()]]);
  expect((await statusOf(box, 'alice', 'taker'))[0]).toBe('canceled');
  await simulator.run([step(1, [], [{ accountId: 'bob', clientOrderId: 'away' }])]);
  expect((await statusOf(box, 'bob', 'away'))[0]).toBe('canceled');
  await isClean(box, 0);
});

test('a market order whose engine died is matched by the next one, and what it leaves is given back', async () => {
  await using box = await funded();
  await box.exchange.orders.place(order('bob', 'maker', 'sell'));
  const { price: _, ...rest } = order('alice', 'market', 'buy', { type: 'market', timeInForce: 'ioc', quantity: '2' });
  await box.exchange.orders.place({ ...rest, type: 'market', quoteBudget: '300' });
  await using _simulator = await openExchangeSimulator(box.exchange, symbol, box.clock);
  expect(await trades(box)).toMatchObject([['bob', 'alice', '1', box.clock.now()]]);
  expect((await statusOf(box, 'alice', 'market')).slice(0, 2)).toEqual(['canceled', 'unfilled-remainder']);
  await isClean(box, 0);
});

test.each(['place_orders', 'settle_matches', 'close_orders', 'prevent_matches'])(
  'the reply to %s is lost after COMMIT: it is repeated, and nothing happens twice',
  async (written) => {
    await using box = await funded();
    await using simulator = await openExchangeSimulator(box.exchange, symbol, box.clock);
    await simulator.run([step(1, [order('bob', 'maker', 'sell', { quantity: '2' }), order('bob', 'bid', 'buy', BID)])]);
    const strike = box.postgres.cutAfterCommit({ match: new RegExp(written) });
    await simulator.run([
      step(2, [
        order('alice', 'taker', 'buy', { quantity: '3', timeInForce: 'ioc' }),
        order('bob', 'own', 'sell', BID),
      ]),
    ]);
    expect(await strike.struck).toContain(written);
    expect(await trades(box)).toEqual([['bob', 'alice', '2', at(2)]]);
    expect((await statusOf(box, 'alice', 'taker'))[0]).toBe('canceled');
    expect((await statusOf(box, 'bob', 'own'))[0]).toBe('expired-in-match');
    expect((await box.exchange.balances.get({ accountId: 'alice', asset: 'USD' }, { fresh: true })).total).toBe('800');
    await isClean(box, 1);
  },
);

test('once another has taken the market over, it stops instead of matching on', async () => {
  await using box = await funded();
  await using old = await openExchangeSimulator(box.exchange, symbol, box.clock);
  await old.run([step(1, [order('bob', 'maker', 'sell')])]);
  const postgres = new pg.Client(box.admin.postgresUrl);
  await postgres.connect();
  await postgres.query(
    `update ${box.exchange.identity.schema}.leases set expires_at = now() where name like 'matching/%'`,
  );
  await postgres.end();
  await using simulator = await openExchangeSimulator(box.open('exchange'), symbol, box.clock);
  await expect(old.run([step(2, [order('alice', 'taker', 'buy')])])).rejects.toMatchObject({ code: 'stale-lease' });
  expect(await trades(box)).toEqual([]);
  await simulator.run([step(3, [order('alice', 'another', 'buy')])]);
  expect(await trades(box)).toMatchObject([['bob', 'alice', '1', at(3)]]);
});
