import { decimal } from '@tse/core';
import { createExchangeAdapter } from '@tse/exchange';
import { createTradingAdapter } from '@tse/trading';
import { type Sandbox, sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { priceTimeEngine } from './engine/price-time.ts';
import { type CheckAnswer, type EngineOrder, type TradingEngineOptions, openTradingEngine } from './trading-engine.ts';
import { checkAdapters } from './invariants.ts';
import { crossingAverages, runaway } from './trading/strategies.ts';

const symbol = 'BTC-USD';
type Box = Sandbox<{ exchange: typeof createExchangeAdapter; trading: typeof createTradingAdapter }>;

/** An exchange on which somebody rests on both sides of each price. */
async function openVenue({ exchange }: Box) {
  const engine = priceTimeEngine();
  const resting: string[] = [];
  let quotes = 0;
  const settle = async (order: Parameters<typeof engine.add>[0]) => {
    const { matches, state } = engine.add(order);
    const outcomes = await exchange.matches.settle(matches);
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    return state;
  };
  return {
    async quote(price: string) {
      for (const orderId of resting.splice(0)) {
        if (engine.cancel(orderId) === undefined) continue;
        await exchange.orders.cancel({ orderId, accountId: 'maker' });
      }
      const quoted = [
        ['sell', '0.5'],
        ['buy', '-0.5'],
      ] as const;
      for (const [side, away] of quoted) {
        const order = await exchange.orders.place({
          clientOrderId: `q${(quotes += 1)}`,
          accountId: 'maker',
          symbol,
          side,
          type: 'limit',
          price: decimal.plus(price, away),
          quantity: '0.1',
        });
        await settle(order);
        resting.push(order.id);
      }
    },
    async place({ deploymentId: _, ...order }: EngineOrder) {
      const placed = await exchange.orders.place(order);
      await settle(placed);
      const { status, id, accountId } = await exchange.orders.get(placed.id, { fresh: true });
      if (status === 'new' || status === 'partially-filled')
        await exchange.orders.cancel({ orderId: id, accountId, reason: 'unfilled-remainder' });
    },
  };
}

/** Up, down and up again, a step a second. */
const path = Array.from({ length: 60 }, (_, i) => (100 + 10 * Math.sin(i / 6)).toFixed(2));

async function opened(check: (order: EngineOrder) => Promise<CheckAnswer>, over: Partial<TradingEngineOptions> = {}) {
  const box = await sandbox({ exchange: createExchangeAdapter, trading: createTradingAdapter });
  await box.fund('maker', { USD: '1000000', BTC: '1000' });
  await box.fund('crossing', { USD: '10000' });
  await box.fund('runaway', { USD: '10000' });
  const venue = await openVenue(box);
  const engine = await openTradingEngine(box.trading, {
    venue: box.exchange.identity.label,
    symbol,
    clock: box.clock,
    ids: box.ids,
    desks: [
      {
        deploymentId: 'crossing',
        accountId: 'crossing',
        strategy: crossingAverages({ fast: 3, slow: 8, quantity: '0.01' }),
      },
      { deploymentId: 'runaway', accountId: 'runaway', strategy: runaway({ quantity: '0.02' }) },
    ],
    startingEquity: '10000',
    limitAt: (price, side) => decimal.plus(price, side === 'buy' ? '1' : '-1'),
    check,
    place: (order) => venue.place(order),
    pricesAPoint: 10,
    ...over,
  });
  const replay = async (prices: readonly string[]) => {
    for (const price of prices) {
      await box.clock.advance('PT1S');
      await venue.quote(price);
      await engine.onPrice({ price, at: box.clock.now() });
    }
  };
  /** Every order was immediate: once all is read of what the venue made of them, none is working. */
  const drained = () =>
    expect
      .poll(
        async () => {
          await engine.drain();
          const working = ['crossing', 'runaway'].map((id) => box.trading.orders.listWorking(id, { fresh: true }));
          return (await Promise.all(working)).flat();
        },
        { timeout: 30_000 },
      )
      .toEqual([]);
  return { box, engine, replay, drained };
}

test('a strategy trades through its check; a runaway is refused, halted, and what is held is what the exchange filled', async () => {
  const checks = new Map<string, number>();
  const { box, engine, replay, drained } = await opened(async ({ deploymentId }) => {
    const n = (checks.get(deploymentId) ?? 0) + 1;
    checks.set(deploymentId, n);
    return deploymentId === 'runaway' && n > 20
      ? { allowed: false, code: 'limit-exceeded', riskCheckId: `k-${deploymentId}-${n}` }
      : {
          allowed: true,
          riskCheckId: `k-${deploymentId}-${n}`,
          validUntil: new Date(Date.parse(box.clock.now()) + 60_000).toISOString(),
        };
  });
  await using _box = box;
  await using _engine = engine;

  await replay(path.slice(0, 25));
  expect(engine.tally.refusals.get('limit-exceeded')).toBe(5);
  await engine.halt('runaway', 'limit-exceeded');
  await replay(path.slice(25));
  expect(engine.tally.refusals.get('limit-exceeded')).toBe(5);
  await drained();

  const [crossing, wild] = await engine.results();
  expect(wild).toMatchObject({ actual: 'paused', positions: [{ quantity: '0.4', tag: 'runaway' }] });
  expect(wild!.signals).toEqual([
    { outcome: 'accepted', signals: 20 },
    { outcome: 'rejected', reason: 'limit-exceeded', signals: 5 },
  ]);
  expect(crossing).toMatchObject({ actual: 'running', name: 'Crossing averages' });
  const closed = crossing!.positions.filter(({ closedAt }) => closedAt !== undefined);
  expect(closed.length).toBeGreaterThan(0);
  expect(closed[0]).toMatchObject({ exitReason: 'cross-down', tag: 'cross-up' });
  expect(crossing!.metrics.find(({ name }) => name === 'trades')!.value).toBe(closed.length);
  for (const { value, reason } of [...crossing!.metrics, ...wild!.metrics])
    expect((value === undefined) !== (reason === undefined)).toBe(true);

  for (const { deploymentId, equity } of [crossing!, wild!]) {
    const { cash } = await box.trading.portfolio.value({ deploymentId });
    const usd = await box.exchange.balances.get({ accountId: deploymentId, asset: 'USD' }, { fresh: true });
    expect(cash, deploymentId).toBe(usd.total);
    expect(equity!.at).toBe(box.clock.now());
    expect(equity!.cash).toBe(usd.total);
  }
  const target = { admin: box.admin, instance: box.trading.identity.instance! };
  const checked = { target, options: () => box.options('trading') };
  const invariants = await checkAdapters(checked, new AbortController().signal, ['trading']);
  expect(invariants).toMatchObject([
    { name: 'trading: positions', ok: true },
    { name: 'trading: positions of the venue', ok: true },
  ]);
  expect(invariants.every(({ compared }) => compared > 0)).toBe(true);
});

test('what the exchange refuses is a rejected order; a check that cannot be asked is a refusal', async () => {
  let asked = 0;
  const { box, engine, replay } = await opened(
    async () => {
      asked += 1;
      if (asked === 1) await box.exchange.orders.get('nobody');
      return { allowed: true };
    },
    { limitAt: () => '50000.005' },
  );
  await using _box = box;
  await using _engine = engine;
  await replay(path.slice(0, 3));
  expect([...engine.tally.refusals]).toEqual([
    ['check-unavailable', 1],
    ['off-tick', 2],
  ]);
  const { items } = await box.trading.orders.list({ deploymentId: 'runaway' });
  expect(items.map(({ status, reason }) => [status, reason])).toEqual([
    ['rejected', 'off-tick'],
    ['rejected', 'off-tick'],
  ]);
});

test('a second engine takes over where the first was, and the first is refused', async () => {
  const { box, engine, replay, drained } = await opened(async () => ({ allowed: true }));
  await using _box = box;
  await using _first = engine;
  await replay(path.slice(0, 3));
  await drained();
  const held = (await box.trading.positions.listOpen('runaway', { fresh: true }))[0]!.quantity;
  expect(held).toBe('0.06');
  await box.trading.deployments.attach({ deploymentId: 'runaway' });
  await expect(replay(path.slice(3, 4))).rejects.toMatchObject({ code: 'stale-epoch' });
});
