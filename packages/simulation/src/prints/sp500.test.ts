import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathOf, quarters, sp500Prints } from './sp500.ts';

const HEADER = 'date,open,high,low,close,adjclose,volume';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bars-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the bars that ship with the package', () => {
  test('a year is four prints a trading day, with the digits as printed', async () => {
    const prints = await Array.fromAsync(sp500Prints(2019).read());
    expect(prints).toHaveLength(252 * 4);
    expect(prints.slice(0, 4)).toEqual([
      {
        id: 'SPX-2019-01-02-open',
        price: '2476.959961',
        quantity: '933290000',
        taker: 'buy',
        at: '2019-01-02T14:30:00.000000Z',
        sequence: 19117,
      },
      {
        id: 'SPX-2019-01-02-low',
        price: '2467.469971',
        quantity: '933290000',
        taker: 'sell',
        at: '2019-01-02T16:40:00.000000Z',
        sequence: 19118,
      },
      {
        id: 'SPX-2019-01-02-high',
        price: '2519.489990',
        quantity: '933290000',
        taker: 'buy',
        at: '2019-01-02T18:50:00.000000Z',
        sequence: 19119,
      },
      {
        id: 'SPX-2019-01-02-close',
        price: '2510.030029',
        quantity: '933290000',
        taker: 'sell',
        at: '2019-01-02T21:00:00.000000Z',
        sequence: 19120,
      },
    ]);
    expect(new Set(prints.map(({ id }) => id)).size).toBe(prints.length);
    expect(prints.every(({ at }, index) => index === 0 || prints[index - 1]!.at < at)).toBe(true);
  });

  test('all of it is every bar of the file', async () => {
    const prints = await Array.fromAsync(sp500Prints('all').read());
    expect(prints).toHaveLength(5105 * 4);
    expect(prints[0]).toMatchObject({ id: 'SPX-2000-01-03-open', price: '1469.250000', sequence: 1 });
    expect(prints.at(-1)).toMatchObject({ id: 'SPX-2020-04-17-close', price: '2874.560059', sequence: 20420 });
  });
});

test('a bar takes the shortest way through its four prices', () => {
  fc.assert(
    fc.property(fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99)), (drawn) => {
      const [low, , , high] = drawn.toSorted((a, b) => a - b) as [number, number, number, number];
      const [open, close] = drawn;
      const way = (prices: number[]) =>
        prices.reduce((sum, price, index) => sum + (index === 0 ? 0 : Math.abs(price - prices[index - 1]!)), 0);
      const taken = pathOf({ open: `${open}`, high: `${high}`, low: `${low}`, close: `${close}` }).map(({ price }) =>
        Number(price),
      );
      expect(way(taken)).toBe(Math.min(way([open, low, high, close]), way([open, high, low, close])));
    }),
  );
});

test('quarters are whole, nearly equal, and add up', () => {
  expect(quarters(4_000_000_007n)).toEqual(['1000000001', '1000000001', '1000000001', '1000000004']);
  fc.assert(
    fc.property(
      fc.bigInt(4n, 10n ** 20n),
      (volume) => quarters(volume).reduce((sum, part) => sum + BigInt(part), 0n) === volume,
    ),
  );
});

test.each([
  ['2019-01-02,1,2,0.5,1.5,1.5', 'a bar has 7 columns, here are 6'],
  ['2019-01-02,1,x,0.5,1.5,1.5,100', 'high "x" is not a plain decimal above zero'],
  ['2019-01-02,1,2,0,1.5,1.5,100', 'low "0" is not a plain decimal above zero'],
  ['2019-01-02,1,2,0.5,1.5,1.5,3', 'volume "3" is not a whole number of at least 4'],
  ['2019-1-2,1,2,0.5,1.5,1.5,100', 'date "2019-1-2" is not YYYY-MM-DD'],
])('%s is refused with its line', async (bar, problem) => {
  const path = join(folder, 'bad.csv');
  await writeFile(path, `${HEADER}\n2019-01-01,1,2,0.5,1.5,1.5,100\n${bar}\n`);
  await expect(Array.fromAsync(sp500Prints(2019, path).read())).rejects.toThrow(`${path}, line 3: ${problem}.`);
});
