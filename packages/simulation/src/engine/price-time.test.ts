import { describe, expect, test } from 'vitest';
import type { OpenOrder } from './orders.ts';
import { priceTimeEngine } from './price-time.ts';

let seq = 0;
function order(
  id: string,
  side: OpenOrder['side'],
  leavesQuantity: string,
  price?: string,
  more: Partial<OpenOrder> = {},
): OpenOrder {
  seq += 1;
  const base = {
    id,
    accountId: `account-of-${id}`,
    symbol: 'BTC-USD',
    side,
    timeInForce: 'gtc',
    postOnly: false,
    leavesQuantity,
    selfTradePrevention: 'none',
    acceptSequence: seq,
    placedAt: '2019-01-02T14:30:00.000000Z',
  } as const;
  return price === undefined ? { ...base, type: 'market', ...more } : { ...base, type: 'limit', price, ...more };
}
const brief = ({ matches }: { matches: readonly { makerOrderId: string; price: string; quantity: string }[] }) =>
  matches.map(({ makerOrderId, price, quantity }) => [makerOrderId, price, quantity]);

describe('price and time', () => {
  test('the best price trades first, the oldest among equals, at the price of the maker', () => {
    const engine = priceTimeEngine();
    engine.add(order('dear', 'sell', '1', '102'));
    engine.add(order('first', 'sell', '1', '100'));
    engine.add(order('second', 'sell', '1', '100'));
    engine.add(order('middle', 'sell', '1', '101'));
    const entry = engine.add(order('taker', 'buy', '3.5', '102'));
    expect(brief(entry)).toEqual([
      ['first', '100', '1'],
      ['second', '100', '1'],
      ['middle', '101', '1'],
      ['dear', '102', '0.5'],
    ]);
    expect(entry).toMatchObject({ state: 'filled', remainder: '0', prevented: [] });
    expect(engine.depth()).toEqual({ bids: [], asks: [{ price: '102', quantity: '0.5', orders: 1 }] });
  });

  test('a sell meets the highest bid first', () => {
    const engine = priceTimeEngine([order('low', 'buy', '1', '99'), order('high', 'buy', '1', '100')]);
    expect(brief(engine.add(order('taker', 'sell', '2', '99')))).toEqual([
      ['high', '100', '1'],
      ['low', '99', '1'],
    ]);
  });

  test('a partly filled maker keeps its place', () => {
    const engine = priceTimeEngine([order('early', 'sell', '5', '100'), order('late', 'sell', '5', '100')]);
    engine.add(order('t1', 'buy', '2', '100'));
    expect(brief(engine.add(order('t2', 'buy', '4', '100')))).toEqual([
      ['early', '100', '3'],
      ['late', '100', '1'],
    ]);
  });

  test('what crosses nothing rests, and what remains of a crossing order rests at its own limit', () => {
    const engine = priceTimeEngine();
    expect(engine.add(order('ask', 'sell', '1', '100'))).toMatchObject({ state: 'resting', remainder: '1' });
    expect(engine.add(order('bid', 'buy', '1', '99.99'))).toMatchObject({ state: 'resting', matches: [] });
    expect(engine.add(order('taker', 'buy', '3', '101'))).toMatchObject({ state: 'resting', remainder: '2' });
    expect(engine.depth()).toEqual({
      bids: [
        { price: '101', quantity: '2', orders: 1 },
        { price: '99.99', quantity: '1', orders: 1 },
      ],
      asks: [],
    });
  });

  test('digits a double cannot hold stay exact', () => {
    const engine = priceTimeEngine([
      order('a', 'sell', '0.300000000000000001', '99999999999999999999.000000000000000001'),
      order('b', 'sell', '0.1', '99999999999999999999.000000000000000002'),
    ]);
    const { matches } = engine.add(
      order('taker', 'buy', '0.300000000000000002', '99999999999999999999.000000000000000002'),
    );
    expect(brief({ matches })).toEqual([
      ['a', '99999999999999999999.000000000000000001', '0.300000000000000001'],
      ['b', '99999999999999999999.000000000000000002', '0.000000000000000001'],
    ]);
  });

  test('prices that are the same number are the same level, however they are written', () => {
    const engine = priceTimeEngine([order('a', 'sell', '1.0', '100.0'), order('b', 'sell', '1', '100')]);
    expect(engine.depth().asks).toEqual([{ price: '100', quantity: '2', orders: 2 }]);
  });

  test('depth shows as many levels as asked for', () => {
    const engine = priceTimeEngine(['97', '99', '98'].map((price) => order(`bid-${price}`, 'buy', '1', price)));
    expect(engine.depth(2).bids.map(({ price }) => price)).toEqual(['99', '98']);
  });
});

describe('time in force', () => {
  const asks = () => [order('a', 'sell', '1', '100'), order('b', 'sell', '1', '101')];

  test('immediate-or-cancel takes what is there and rests nothing', () => {
    const engine = priceTimeEngine(asks());
    expect(engine.add(order('t', 'buy', '5', '100', { timeInForce: 'ioc' }))).toMatchObject({
      state: 'closed',
      reason: 'immediate-or-cancel',
      remainder: '4',
      matches: [{ quantity: '1' }],
    });
    expect(engine.depth().bids).toEqual([]);
  });

  test('fill-or-kill trades in full or not at all', () => {
    const engine = priceTimeEngine(asks());
    const before = engine.depth();
    expect(engine.add(order('t1', 'buy', '2.1', '101', { timeInForce: 'fok' }))).toMatchObject({
      state: 'closed',
      reason: 'fill-or-kill',
      remainder: '2.1',
      matches: [],
    });
    expect(engine.add(order('t2', 'buy', '2', '100', { timeInForce: 'fok' }))).toMatchObject({
      state: 'closed',
      matches: [],
    });
    expect(engine.depth()).toEqual(before);
    expect(engine.add(order('t3', 'buy', '2', '101', { timeInForce: 'fok' }))).toMatchObject({
      state: 'filled',
      remainder: '0',
    });
  });

  test('a market order sweeps every price and never rests', () => {
    const engine = priceTimeEngine(asks());
    expect(engine.add(order('t', 'buy', '3'))).toMatchObject({
      state: 'closed',
      reason: 'no-liquidity',
      remainder: '1',
      matches: [{ price: '100' }, { price: '101' }],
    });
    expect(engine.depth()).toEqual({ bids: [], asks: [] });
  });

  test('a market buy spends its budget to the last whole lot', () => {
    const engine = priceTimeEngine([order('a', 'sell', '1', '100'), order('b', 'sell', '1', '150')], {
      lotSize: '0.01',
    });
    const entry = engine.add(order('t', 'buy', '2', undefined, { quoteBudget: '200' }));
    expect(brief(entry)).toEqual([
      ['a', '100', '1'],
      ['b', '150', '0.66'],
    ]);
    expect(entry).toMatchObject({ state: 'closed', reason: 'budget-spent', remainder: '0.34' });
    expect(engine.add(order('poor', 'buy', '1', undefined, { quoteBudget: '1' }))).toMatchObject({
      reason: 'budget-spent',
      matches: [],
      remainder: '1',
    });
  });

  test('what a budget has spent before counts', () => {
    const rules = { lotSize: '0.01' };
    const ask = order('a', 'sell', '5', '100');
    const buy = (quoteBudget: string, cumulativeQuote = '0') =>
      priceTimeEngine([ask], rules).add(order('t', 'buy', '1', undefined, { quoteBudget, cumulativeQuote }));
    expect(buy('100')).toMatchObject({ state: 'filled' });
    expect(buy('99.9999')).toMatchObject({ reason: 'budget-spent', remainder: '0.01' });
    expect(buy('200', '100')).toMatchObject({ state: 'filled' });
    expect(buy('100', '50')).toMatchObject({ reason: 'budget-spent', remainder: '0.5' });
    expect(buy('100', '300')).toMatchObject({ reason: 'budget-spent', remainder: '1', matches: [] });
  });

  test('a budget that just suffices fills', () => {
    const engine = priceTimeEngine([order('a', 'sell', '3', '0.00141342')]);
    expect(engine.add(order('t', 'buy', '3', undefined, { quoteBudget: '0.00424026' }))).toMatchObject({
      state: 'filled',
    });
  });

  test('post-only is refused where it would trade, one tick away it rests', () => {
    const engine = priceTimeEngine(asks());
    expect(engine.add(order('p1', 'buy', '1', '100', { postOnly: true }))).toMatchObject({
      state: 'closed',
      reason: 'post-only',
      remainder: '1',
      matches: [],
    });
    expect(engine.add(order('p2', 'buy', '1', '99.99', { postOnly: true }))).toMatchObject({
      state: 'resting',
    });
  });
});

describe('self-trade prevention', () => {
  const book = () => [
    order('mine', 'sell', '1', '100', { accountId: 'alice' }),
    order('theirs', 'sell', '1', '100', { accountId: 'bob' }),
  ];
  const taker = (selfTradePrevention: OpenOrder['selfTradePrevention'], more: Partial<OpenOrder> = {}) =>
    order('taker', 'buy', '2', '100', { accountId: 'alice', selfTradePrevention, ...more });

  test('none lets an account trade with itself', () => {
    expect(brief(priceTimeEngine(book()).add(taker('none')))).toEqual([
      ['mine', '100', '1'],
      ['theirs', '100', '1'],
    ]);
  });

  test('cancel-newest ends the taker there and leaves the maker', () => {
    const engine = priceTimeEngine(book());
    const entry = engine.add(taker('cancel-newest'));
    expect(entry).toMatchObject({ state: 'closed', reason: 'self-trade', remainder: '2', matches: [] });
    expect(entry.prevented).toEqual([
      {
        preventionId: expect.stringMatching(/^[0-9a-f]{32}$/),
        symbol: 'BTC-USD',
        makerOrderId: 'mine',
        takerOrderId: 'taker',
        price: '100',
        quantity: '1',
        at: '2019-01-02T14:30:00.000000Z',
      },
    ]);
    expect(engine.depth().asks).toEqual([{ price: '100', quantity: '2', orders: 2 }]);
  });

  test('cancel-oldest drops the maker and goes on', () => {
    const engine = priceTimeEngine(book());
    const entry = engine.add(taker('cancel-oldest'));
    expect(brief(entry)).toEqual([['theirs', '100', '1']]);
    expect(entry).toMatchObject({
      state: 'resting',
      remainder: '1',
      prevented: [{ makerOrderId: 'mine' }],
    });
    expect(engine.cancel('mine')).toBeUndefined();
  });

  test('cancel-both drops both', () => {
    const engine = priceTimeEngine(book());
    expect(engine.add(taker('cancel-both'))).toMatchObject({
      state: 'closed',
      reason: 'self-trade',
      prevented: [{ makerOrderId: 'mine' }],
    });
    expect(engine.depth()).toEqual({ bids: [], asks: [{ price: '100', quantity: '1', orders: 1 }] });
  });

  test('trades made before the own order was met stand', () => {
    const engine = priceTimeEngine([order('better', 'sell', '1', '99', { accountId: 'bob' }), ...book()]);
    expect(brief(engine.add(taker('cancel-newest')))).toEqual([['better', '99', '1']]);
  });

  test('a killed order prevents nothing and cancels nothing', () => {
    const engine = priceTimeEngine(book());
    const before = engine.depth();
    expect(engine.add(taker('cancel-oldest', { timeInForce: 'fok' }))).toMatchObject({
      reason: 'fill-or-kill',
      prevented: [],
    });
    expect(engine.depth()).toEqual(before);
  });
});

describe('cancelling, repeating, restoring', () => {
  test('a cancelled order answers what it had left, once', () => {
    const engine = priceTimeEngine([
      order('a', 'sell', '5', '100'),
      order('b', 'sell', '1', '100'),
      order('c', 'sell', '1', '100'),
    ]);
    engine.add(order('t', 'buy', '2', '100'));
    expect(engine.cancel('b')).toBe('1');
    expect(engine.cancel('b')).toBeUndefined();
    expect(engine.cancel('a')).toBe('3');
    expect(engine.cancel('unknown')).toBeUndefined();
    expect(engine.depth().asks).toEqual([{ price: '100', quantity: '1', orders: 1 }]);
  });

  test('an order that rests already is not entered again', () => {
    const bid = order('bid', 'buy', '1', '100');
    const engine = priceTimeEngine([bid]);
    expect(engine.add(bid)).toEqual({
      orderId: 'bid',
      accountId: 'account-of-bid',
      matches: [],
      prevented: [],
      remainder: '1',
      state: 'resting',
    });
    expect(engine.depth().bids).toEqual([{ price: '100', quantity: '1', orders: 1 }]);
  });

  test('an order with nothing left does nothing', () => {
    expect(priceTimeEngine([order('a', 'sell', '1', '100')]).add(order('done', 'buy', '0', '100'))).toMatchObject({
      state: 'filled',
      matches: [],
    });
  });

  test('the same two orders make the same match, other orders another', () => {
    const maker = order('maker', 'sell', '1', '100');
    const taker = order('taker', 'buy', '1', '100');
    const [first] = priceTimeEngine([maker]).add(taker).matches;
    const [again] = priceTimeEngine([maker]).add(taker).matches;
    const [other] = priceTimeEngine([maker]).add({ ...taker, id: 'taker-2' }).matches;
    expect(again).toEqual(first);
    expect(first!.tradeId).toMatch(/^[A-Za-z0-9._:/-]{1,64}$/);
    expect(other!.tradeId).not.toBe(first!.tradeId);
    expect(first!.matchedAt).toBe(taker.placedAt);
  });

  test('an order placed and not yet matched when its engine ended is matched on restoring, in accept sequence', () => {
    const maker = order('maker', 'sell', '1', '100');
    const late = order('late', 'sell', '1', '99');
    const taker = { ...order('taker', 'buy', '1', '100'), acceptSequence: late.acceptSequence! - 0.5 };
    const engine = priceTimeEngine([late, taker, maker]);
    expect(engine.restored).toHaveLength(1);
    expect(engine.restored[0]).toMatchObject({
      orderId: 'taker',
      matches: [{ makerOrderId: 'maker', takerOrderId: 'taker' }],
    });
    expect(engine.depth()).toEqual({ bids: [], asks: [{ price: '99', quantity: '1', orders: 1 }] });
    expect(priceTimeEngine([maker, order('away', 'buy', '1', '50')]).restored).toEqual([]);
  });

  test('an engine takes one symbol, and a limit order needs its price', () => {
    const engine = priceTimeEngine([order('a', 'sell', '1', '100')]);
    expect(() => engine.add({ ...order('b', 'buy', '1', '100'), symbol: 'ETH-USD' })).toThrow(
      'of BTC-USD was given order b of ETH-USD',
    );
    expect(() => engine.add(order('c', 'buy', '1', undefined, { type: 'limit' }))).toThrow(
      'limit order c has no price',
    );
    expect(() => engine.add(order('d', 'buy', '1', '1e2'))).toThrow('not a plain decimal');
  });
});
