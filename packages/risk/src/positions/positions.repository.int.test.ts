import { decimal } from '@tse/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApplyFill } from '../index.ts';
import { SYMBOL, START, type TestRisk, errorsOf, testRisk } from '../test-risk.ts';

let t: TestRisk;
beforeAll(async () => {
  t = await testRisk();
});
afterAll(() => t[Symbol.asyncDispose]());

const of = async (account: string, fresh = true) => (await t.risk.positions.list({ account }, { fresh })).items;

test('fills become a position by average cost, and what is closed becomes a result', async () => {
  const { positions } = t.risk;
  await positions.applyFill(t.fillOf({ quantity: '1', price: '100', fee: '0.5', feeAsset: 'USD' }));
  await positions.applyFill(t.fillOf({ quantity: '3', price: '120', fee: '0.001', feeAsset: 'BTC' }));
  expect(await of('alice')).toMatchObject([
    { quantity: '4', cost: '460', averagePrice: '115', realized: '0', fees: '0.5' },
  ]);
  const last = t.fillOf({ side: 'sell', quantity: '1', price: '130' });
  expect(await positions.applyFill(last)).toEqual({
    account: 'alice',
    venue: 'exchange',
    symbol: SYMBOL,
    quantity: '3',
    cost: '345',
    averagePrice: '115',
    realized: '15',
    fees: '0.5',
    lastSequence: last.sequence,
    asOf: START,
    version: 3,
  });
});

test('a sale through zero opens a short at its own price', async () => {
  const { positions } = t.risk;
  await positions.applyFill(t.fillOf({ account: 'short', quantity: '2', price: '100' }));
  await positions.applyFill(t.fillOf({ account: 'short', side: 'sell', quantity: '5', price: '110' }));
  expect(await of('short')).toMatchObject([{ quantity: '-3', cost: '-330', averagePrice: '110', realized: '20' }]);
  await positions.applyFill(t.fillOf({ account: 'short', quantity: '3', price: '100' }));
  const [flat] = await of('short');
  expect(flat).toMatchObject({ quantity: '0', cost: '0', realized: '50' });
  expect(flat).not.toHaveProperty('averagePrice');
});

test('a fill twice is one fill, also at once; another content under its id is refused and changes nothing', async () => {
  const { positions } = t.risk;
  const fill = t.fillOf({ account: 'twice' });
  const all = await Promise.all(Array.from({ length: 8 }, () => positions.applyFill(fill)));
  for (const position of all) expect(position).toMatchObject({ quantity: '1', version: 1 });
  const before = await t.everything();
  const others: Partial<ApplyFill>[] = [
    { quantity: '2' },
    { price: '101' },
    { side: 'sell' },
    { sequence: 999 },
    { account: 'x' },
  ];
  for (const error of await errorsOf(others.map((over) => positions.applyFill({ ...fill, ...over }))))
    expect(error).toMatchObject({ kind: 'conflict', code: 'id-conflict' });
  expect(await t.everything()).toBe(before);
  // The same id at another venue is another fill.
  await positions.applyFill({ ...fill, venue: 'okx' });
  expect(await of('twice')).toHaveLength(2);
});

test('a product of more digits than money has is refused', async () => {
  const [error] = await errorsOf([
    t.risk.positions.applyFill(t.fillOf({ account: 'digits', quantity: '0.0000000001', price: '0.0000000001' })),
  ]);
  expect(error).toMatchObject({ kind: 'invalid-input', code: 'too-many-digits', issues: [{ path: 'quantity' }] });
  expect(await of('digits')).toEqual([]);
});

test('fills in whatever order, some of them twice, end in the same position, to the digit', async () => {
  let n = 0;
  const trade = fc.record({
    side: fc.constantFrom<('buy' | 'sell')[]>('buy', 'sell'),
    quantity: fc.integer({ min: 1, max: 900 }).map((v) => decimal.div(String(v), '7', 8, 'up')),
    price: fc.integer({ min: 1, max: 5000 }).map((v) => decimal.div(String(v), '3', 2, 'up')),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(trade, { minLength: 1, maxLength: 12 }), fc.func(fc.nat()), async (trades, shuffle) => {
      n += 1;
      const fills = trades.map((one, i) => ({ ...t.fillOf(one), fillId: `p${n}-${i}`, sequence: i + 1 }));
      const inOrder = fills.map((fill) => ({ ...fill, account: `in-order-${n}`, venue: 'a' }));
      const mixed = [...fills, ...fills.slice(0, 3)]
        .map((fill) => ({ ...fill, account: `mixed-${n}`, venue: 'b' }))
        .sort((a, b) => shuffle(a.fillId) - shuffle(b.fillId));
      await t.risk.positions.applyFills(inOrder);
      for (const fill of mixed) await t.risk.positions.applyFill(fill);
      const [a] = await of(`in-order-${n}`);
      const [b] = await of(`mixed-${n}`);
      const { account: _, venue: __, version: ___, asOf: ____, ...same } = a!;
      expect(b).toMatchObject(same);
      const cash = decimal.sum(
        trades.map(({ side, quantity, price }) => {
          const value = decimal.times(quantity, price);
          return side === 'buy' ? decimal.negate(value) : value;
        }),
      );
      expect(decimal.plus(a!.cost, cash)).toBe(a!.realized);
    }),
    { numRuns: 15 },
  );
});

test('positions of several venues add up by net and gross, with the age of each', async () => {
  const { positions } = t.risk;
  await positions.applyFill(t.fillOf({ account: 'multi', venue: 'exchange', quantity: '2' }));
  await positions.applyFill(t.fillOf({ account: 'multi', venue: 'okx', side: 'sell', quantity: '1.5' }));
  await t.box.clock.advance('PT1M');
  await positions.applyFill(t.fillOf({ account: 'multi', venue: 'okx', side: 'sell', quantity: '0.5', fillId: 'm3' }));
  expect(await positions.aggregate({ account: 'multi' })).toEqual([
    {
      symbol: SYMBOL,
      net: '0',
      gross: '4',
      realized: '0',
      fees: '0',
      venues: [
        { venue: 'exchange', net: '2', gross: '2', asOf: START, ageMs: 60_000 },
        { venue: 'okx', net: '-2', gross: '2', asOf: '2026-01-01T00:01:00.000000Z', ageMs: 0 },
      ],
    },
  ]);
});

test('reads of an account come from its copy, see own writes, and the copy comes back when it is lost', async () => {
  const { positions } = t.risk;
  await positions.applyFill(t.fillOf({ account: 'copied' }));
  expect(await of('copied', false)).toMatchObject([{ quantity: '1' }]);
  await expect
    .poll(() => t.stores.redis.read('test', (c) => c.hget(`${t.risk.identity.prefix}:position:{copied}`, '')))
    .toBe('1');
  await positions.applyFill(t.fillOf({ account: 'copied' }));
  expect(await of('copied', false)).toMatchObject([{ quantity: '2', version: 2 }]);
  await t.stores.redis.write('test', (c) => c.unlink(`${t.risk.identity.prefix}:position:{copied}`));
  expect(await of('copied', false)).toEqual(await of('copied'));
  await using _ = t.box.redis.down();
  expect(await of('copied', false)).toEqual(await of('copied'));
});

test('lists go page by page, and fills are read back as they came', async () => {
  const { positions } = t.risk;
  const fills = ['BTC-USD', 'ETH-USD', 'SOL-USD'].map((symbol) =>
    t.fillOf({ account: 'paged', symbol, fee: '1', feeAsset: 'USD', orderId: 'o', strategy: 's' }),
  );
  await positions.applyFills(fills);
  const symbols = async (listing: AsyncIterable<{ symbol: string }>) =>
    (await Array.fromAsync(listing)).map(({ symbol }) => symbol);
  expect(await symbols(positions.list({ account: 'paged', limit: 2 }))).toEqual(['BTC-USD', 'ETH-USD', 'SOL-USD']);
  expect(await symbols(positions.list({ account: 'paged', symbol: 'ETH-USD' }))).toEqual(['ETH-USD']);
  expect(await Array.fromAsync(positions.listFills({ account: 'paged', limit: 1 }))).toEqual(fills);
});
