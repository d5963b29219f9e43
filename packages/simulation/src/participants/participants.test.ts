import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OpenOrder } from '../engine/orders.ts';
import { priceTimeEngine } from '../engine/price-time.ts';
import { fromUnits, toUnits } from '../fixed-point.ts';
import type { Print } from '../prints/print.ts';
import { sp500Prints } from '../prints/sp500.ts';
import { surveyPrints } from '../prints/survey.ts';
import { fundingFor } from './funding.ts';
import { marketTerms, type MarketTerms } from './market-terms.ts';
import type { OrderName, SimulatedOrder, Step } from './orders.ts';
import { stepsOf } from './participants.ts';

const XRP: MarketTerms = {
  symbol: 'XRP-ETH',
  base: 'XRP',
  quote: 'ETH',
  priceScale: 8,
  quantityScale: 0,
  baseScale: 8,
  quoteScale: 8,
  takerFee: '0.001',
};
const termsOf2019 = async () => marketTerms(await surveyPrints(sp500Prints(2019)), '0.001');
const idOf = ({ accountId, clientOrderId }: OrderName) => `${accountId} ${clientOrderId}`;

async function* streamOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
function accepted(order: SimulatedOrder, acceptSequence: number, placedAt: string): OpenOrder {
  const { quantity: leavesQuantity, postOnly = false } = order;
  return {
    ...order,
    postOnly,
    id: idOf(order),
    leavesQuantity,
    acceptSequence,
    placedAt,
    selfTradePrevention: 'cancel-newest',
  };
}

/** Runs the steps through the engine as the exchange simulator would, and answers what came of them. */
async function played(prints: AsyncIterable<Print>, market: MarketTerms) {
  const engine = priceTimeEngine([], { lotSize: fromUnits(1n, market.quantityScale) });
  const steps: Step[] = [];
  const orders = new Map<string, { order: SimulatedOrder; filled: bigint; state: string }>();
  let acceptSequence = 0;
  for await (const step of stepsOf(prints, market)) {
    steps.push(step);
    for (const name of step.cancel) {
      expect(engine.cancel(idOf(name)), `${idOf(name)} rests until it is taken back`).toBeDefined();
      orders.get(idOf(name))!.state = 'cancelled';
    }
    const entries = step.place.map((order) => {
      const entry = engine.add(accepted(order, (acceptSequence += 1), step.print.at));
      expect(orders.has(entry.orderId), `${entry.orderId} is placed once`).toBe(false);
      orders.set(entry.orderId, { order, filled: 0n, state: entry.state });
      return entry;
    });
    const matches = entries.flatMap((entry) => entry.matches);
    for (const { makerOrderId, takerOrderId, quantity } of matches) {
      for (const id of [makerOrderId, takerOrderId]) orders.get(id)!.filled += toUnits(quantity);
      expect(orders.get(makerOrderId)!.order.accountId).not.toBe(orders.get(takerOrderId)!.order.accountId);
    }
    expect(entries.flatMap((entry) => entry.prevented)).toEqual([]);
    expect(matches.map(({ price, quantity, matchedAt }) => [toUnits(price), toUnits(quantity), matchedAt])).toEqual([
      [toUnits(step.print.price), toUnits(step.print.quantity), step.print.at],
    ]);
    expect(orders.get(matches[0]!.takerOrderId)!.order.side).toBe(step.print.taker);
  }
  return { steps, orders: [...orders.values()], depth: engine.depth() };
}

const aTape = fc
  .array(
    fc.record({
      ticks: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 300_000 })),
      lots: fc.integer({ min: 1, max: 900 }),
      taker: fc.constantFrom('buy', 'sell'),
      repeat: fc.nat(20),
    }),
    { maxLength: 40 },
  )
  .map((drawn) =>
    drawn.flatMap(({ ticks, lots, taker, repeat }) =>
      Array.from({ length: 1 + (repeat > 15 ? repeat : 0) }, () => ({ ticks, lots, taker })),
    ),
  )
  .map((all) =>
    all.map(({ ticks, lots, taker }, index): Print => ({
      id: String(index),
      price: fromUnits(BigInt(ticks), 8),
      quantity: String(lots),
      taker,
      at: '2019-10-11T00:00:00.000000Z',
      sequence: index + 1,
    })),
  );

describe('the participants', () => {
  test('trade every print of any tape exactly once, at its price and quantity', async () => {
    await fc.assert(
      fc.asyncProperty(aTape, async (prints) => {
        const { steps } = await played(streamOf(prints), XRP);
        expect(steps.map(({ print }) => print)).toEqual(prints);
      }),
      { numRuns: 150 },
    );
  });

  test('trade the whole of the year that ships, with everything an exchange sees', async () => {
    const market = await termsOf2019();
    const { steps, orders, depth } = await played(sp500Prints(2019).read(), market);
    expect(steps).toHaveLength(1008);
    expect(new Set(orders.map(({ order }) => order.accountId)).size).toBe(8);
    expect(
      new Set(orders.map(({ order }) => `${order.side} ${order.type} ${order.timeInForce} ${order.postOnly}`)).size,
    ).toBe(10);
    expect(new Set(orders.map(({ state }) => state))).toEqual(new Set(['filled', 'resting', 'closed', 'cancelled']));
    expect(
      orders.some(
        ({ order, filled, state }) => state === 'cancelled' && filled > 0n && filled < toUnits(order.quantity),
      ),
    ).toBe(true);
    expect(depth.bids.length).toBeGreaterThan(0);
    expect(depth.asks.length).toBeGreaterThan(0);
  });

  test('do the same for the same prints', async () => {
    const market = await termsOf2019();
    const [one, two] = await Promise.all([
      Array.fromAsync(stepsOf(sp500Prints(2019).read(), market)),
      Array.fromAsync(stepsOf(sp500Prints(2019).read(), market)),
    ]);
    expect(one).toEqual(two);
  });

  test('do nothing where there is nothing', async () =>
    expect(await Array.fromAsync(stepsOf(streamOf([]), XRP))).toEqual([]));

  test('fill one maker in parts over a run at one price', async () => {
    const run = ['5', '7', '1'].map((quantity, index): Print => ({
      id: `${index}`,
      price: '0.00141266',
      quantity,
      taker: 'sell',
      at: '2019-10-11T00:00:00.000000Z',
      sequence: index + 1,
    }));
    const { steps, orders } = await played(streamOf(run), XRP);
    const makers = orders.filter(({ order }) => order.clientOrderId.endsWith('/maker'));
    expect(makers).toHaveLength(1);
    expect(makers[0]!.filled).toBe(toUnits('13'));
    expect(steps).toHaveLength(3);
  });
});

describe('the funding', () => {
  const order = (more: Partial<SimulatedOrder>): SimulatedOrder => ({
    clientOrderId: 'x',
    accountId: 'alice',
    symbol: 'XRP-ETH',
    side: 'buy',
    type: 'limit',
    timeInForce: 'gtc',
    quantity: '23',
    ...more,
  });
  const fund = (...place: SimulatedOrder[]) =>
    fundingFor(
      streamOf([{ print: {} as Print, cancel: [{ accountId: 'bob', clientOrderId: 'y' }], place, endsRun: true }]),
      XRP,
    );

  test('of a buy is its cost and fee, rounded up once an order; of a sell its quantity', async () => {
    // 23 × 0.00141342 × 1.001 = 0.03254116866, held as 0.03254117
    expect(
      await fund(
        order({ price: '0.00141342' }),
        order({ price: '0.00141342' }),
        order({ accountId: 'bob', side: 'sell', price: '0.0015', quantity: '40' }),
      ),
    ).toEqual({
      deposits: [
        { accountId: 'alice', asset: 'ETH', amount: '0.06508234' },
        { accountId: 'bob', asset: 'XRP', amount: '40' },
      ],
      orders: 3,
      cancels: 1,
      largestQuantity: '40',
      highestPrice: '0.0015',
    });
  });

  test('of a market buy is its budget with the fee', async () => {
    expect((await fund(order({ type: 'market', timeInForce: 'ioc', quoteBudget: '1' }))).deposits).toEqual([
      { accountId: 'alice', asset: 'ETH', amount: '1.001' },
    ]);
  });

  test('covers every order of the year that ships, placed before any is settled', async () => {
    const market = await termsOf2019();
    const steps = await Array.fromAsync(stepsOf(sp500Prints(2019).read(), market));
    const { deposits, orders, cancels } = await fundingFor(streamOf(steps), market);
    const left = new Map(deposits.map(({ accountId, asset, amount }) => [`${accountId} ${asset}`, toUnits(amount)]));
    for (const { accountId, side, price, quantity, quoteBudget } of steps.flatMap(({ place }) => place)) {
      const asset = `${accountId} ${side === 'sell' ? 'SPX' : 'USD'}`;
      const cost = price === undefined ? 0n : (toUnits(price) * toUnits(quantity)) / toUnits('1');
      const spent = quoteBudget === undefined ? cost : toUnits(quoteBudget);
      const held = spent + spent / 1000n;
      left.set(asset, left.get(asset)! - (side === 'sell' ? toUnits(quantity) : held));
    }
    // Nothing is short, and nothing is over but what rounding each hold up took.
    for (const units of left.values()) expect(units >= 0n && units < BigInt(orders) * toUnits('0.00000001')).toBe(true);
    expect(deposits).toHaveLength(16);
    expect(orders).toBe(steps.flatMap(({ place }) => place).length);
    expect(cancels).toBe(steps.flatMap(({ cancel }) => cancel).length);
  });
});
