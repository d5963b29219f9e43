import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromUnits, toUnits } from '../fixed-point.ts';
import { naiveBook, type SmallOrder } from './naive-book.ts';
import type { OpenOrder } from './orders.ts';
import { priceTimeEngine } from './price-time.ts';

const TICK = '0.00000001';
const scaled = (ticks: number) => fromUnits(BigInt(ticks) * toUnits(TICK));
const whole = (text: string) => Number(toUnits(text));

const anOrder = fc.record({
  accountId: fc.constantFrom('alice', 'bob', 'carol'),
  side: fc.constantFrom('buy', 'sell'),
  price: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 8 }),
  quantity: fc.integer({ min: 1, max: 9 }),
  budget: fc.integer({ min: 1, max: 60 }),
  timeInForce: fc.constantFrom('gtc', 'gtc', 'gtd', 'ioc', 'fok'),
  postOnly: fc.boolean(),
  selfTradePrevention: fc.constantFrom('none', 'cancel-newest', 'cancel-oldest', 'cancel-both'),
});
// A maker that self-trade prevention drops takes a quantity with it that no entry tells.
const aQuantityKeepingOrder = anOrder.filter(
  ({ selfTradePrevention: mode }) => mode === 'none' || mode === 'cancel-newest',
);
const aStep = fc.oneof({ weight: 5, arbitrary: anOrder }, { weight: 1, arbitrary: fc.nat({ max: 60 }) });

function small(drawn: typeof anOrder extends fc.Arbitrary<infer T> ? T : never, id: string): SmallOrder {
  const isMarket = drawn.price === undefined;
  return {
    ...drawn,
    id,
    budget: isMarket && drawn.side === 'buy' ? drawn.budget : undefined,
    postOnly: drawn.postOnly && !isMarket && drawn.timeInForce.startsWith('gt'),
  };
}
function open(order: SmallOrder, acceptSequence: number): OpenOrder {
  const { price, quantity, budget, ...same } = order;
  return {
    ...same,
    symbol: 'XRP-ETH',
    type: price === undefined ? 'market' : 'limit',
    leavesQuantity: String(quantity),
    acceptSequence,
    placedAt: '2019-10-11T00:00:00.000000Z',
    ...(price === undefined ? {} : { price: scaled(price) }),
    ...(budget === undefined ? {} : { quoteBudget: scaled(budget) }),
  };
}
const levels = (book: ReturnType<typeof naiveBook>, side: 'buy' | 'sell') =>
  book.depth(side).map(({ price, quantity, orders }) => ({ price: scaled(price), quantity: String(quantity), orders }));

test('the engine decides as the naive book does, and goes on so when it is restored at any moment', () => {
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 60 }), fc.nat({ max: 60 }), (steps, restoreAt) => {
      const naive = naiveBook();
      let engine = priceTimeEngine([], { lotSize: '1' });
      steps.forEach((step, index) => {
        if (index === restoreAt) {
          engine = priceTimeEngine(
            naive
              .open()
              .map((order) => open(order, Number(order.id.slice(1))))
              .toReversed(),
            { lotSize: '1' },
          );
          expect(engine.restored).toEqual([]);
        }
        if (typeof step === 'number') {
          const left = naive.cancel(`o${step}`);
          expect(engine.cancel(`o${step}`)).toBe(left === undefined ? undefined : String(left));
        } else {
          const order = small(step, `o${index}`);
          const expected = naive.add(order);
          const entry = engine.add(open(order, index));
          expect(
            entry.matches.map((match) => ({ maker: match.makerOrderId, price: match.price, quantity: match.quantity })),
          ).toEqual(
            expected.trades.map(({ maker, price, quantity }) => ({
              maker,
              price: scaled(price),
              quantity: String(quantity),
            })),
          );
          expect(entry.prevented.map(({ makerOrderId }) => makerOrderId)).toEqual(expected.prevented);
          expect(entry.remainder).toBe(String(expected.left));
          expect(entry.reason !== undefined).toBe(entry.state === 'closed');
        }
        expect(engine.depth()).toEqual({ bids: levels(naive, 'buy'), asks: levels(naive, 'sell') });
      });
    }),
    { numRuns: 300 },
  );
});

test('quantity is neither made nor lost, no book stays crossed, no pair of orders trades twice', () => {
  fc.assert(
    fc.property(fc.array(aQuantityKeepingOrder, { minLength: 1, maxLength: 80 }), (drawn) => {
      const engine = priceTimeEngine([], { lotSize: '1' });
      const entries = drawn.map((one, index) => engine.add(open(small(one, `o${index}`), index)));
      const { bids, asks } = engine.depth();
      const sum = (texts: string[]) => texts.reduce((total, text) => total + toUnits(text), 0n);

      const entered = sum(drawn.map(({ quantity }) => String(quantity)));
      const traded = sum(entries.flatMap(({ matches }) => matches.map(({ quantity }) => quantity)));
      const closed = sum(entries.filter(({ state }) => state === 'closed').map(({ remainder }) => remainder));
      const resting = sum([...bids, ...asks].map(({ quantity }) => quantity));
      expect(entered).toBe(2n * traded + closed + resting);

      if (bids[0] && asks[0]) expect(whole(bids[0].price)).toBeLessThan(whole(asks[0].price));
      const ids = entries.flatMap(({ matches }) => matches.map(({ tradeId }) => tradeId));
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 300 },
  );
});
