import { sandbox } from '@tse/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMarketDataAdapter } from '../index.ts';

let box: Awaited<ReturnType<typeof open>>;
const open = () => sandbox({ marketData: createMarketDataAdapter }, { options: { workers: false } });
beforeAll(async () => {
  box = await open();
  for (const symbol of ['BTC-USD', 'ETH-USD', 'XRP-USD'])
    await box.marketData.instruments.register({ symbol, tickSize: '0.0001', stepSize: '0.0001' });
});
afterAll(() => box[Symbol.asyncDispose]());

const from = '2026-01-01T00:00:00.000000Z';
const to = '2026-01-04T00:00:00.000000Z';
const pair = { first: 'BTC-USD', second: 'ETH-USD' };
const sim = { interval: '1m', source: 'simulator' };

/** Drawn from a small generator of its own, so that the test has the same numbers each time. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
}

/** Pearson's r in two passes. */
function pearson(pairs: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => pairs.reduce((sum, each) => sum + each[of], 0) / pairs.length;
  const [a, b] = [mean(0), mean(1)];
  const sum = (of: (x: number, y: number) => number) => pairs.reduce((total, [x, y]) => total + of(x - a, y - b), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

test('days of returns are recorded, and any window of them has the correlation of all of its returns', async () => {
  const { correlations } = box.marketData;
  const next = draws(1);
  const days = ['2026-01-01', '2026-01-02', '2026-01-03'].map((day) => ({
    day: `${day}T00:00:00Z`,
    returns: Array.from({ length: 200 }, (): [number, number] => {
      const common = next();
      return [common + next() / 2, common / 2 + next()];
    }),
  }));
  expect(await correlations.record({ ...pair, ...sim, buckets: days })).toEqual({ changed: 3 });
  expect(await correlations.record({ ...pair, ...sim, buckets: days })).toEqual({ changed: 0 });
  const all = await correlations.get({ ...pair, ...sim, from, to });
  expect(all).toEqual({ ...pair, ...sim, from, to, count: 600, days: 3, correlation: expect.any(Number) });
  expect(all.correlation).toBeCloseTo(pearson(days.flatMap(({ returns }) => returns)), 10);
  const one = { from: '2026-01-02T00:00:00Z', to: '2026-01-03T00:00:00Z' };
  expect((await correlations.get({ ...pair, ...sim, ...one })).correlation).toBeCloseTo(pearson(days[1]!.returns), 10);
  const turned = await correlations.get({ first: 'ETH-USD', second: 'BTC-USD', ...sim, from, to });
  expect(turned).toMatchObject({ first: 'ETH-USD', second: 'BTC-USD', correlation: all.correlation });

  // The same from the other side is the same; another content of a day takes its place.
  const swapped = { day: days[0]!.day, returns: days[0]!.returns.map(([x, y]): [number, number] => [y, x]) };
  expect(await correlations.record({ first: 'ETH-USD', second: 'BTC-USD', ...sim, buckets: [swapped] })).toEqual({
    changed: 0,
  });
  expect(await correlations.record({ ...pair, ...sim, buckets: [{ ...days[0]!, returns: [[1, 1]] }] })).toEqual({
    changed: 1,
  });
  expect((await correlations.get({ ...pair, ...sim, from, to })).count).toBe(401);
});

test('what has no correlation says why', async () => {
  const { correlations } = box.marketData;
  const other = { ...sim, source: 'flat' };
  const nothing = await correlations.get({ ...pair, ...other, from, to });
  expect(nothing).toMatchObject({ reason: 'too-few-returns', count: 0, days: 0 });
  expect(nothing).not.toHaveProperty('correlation');
  await correlations.record({
    ...pair,
    ...other,
    buckets: [
      {
        day: from,
        returns: [
          [0.1, 1],
          [0.1, 2],
          [0.1, 3],
        ],
      },
    ],
  });
  expect(await correlations.get({ ...pair, ...other, from, to })).toMatchObject({ reason: 'no-variance', count: 3 });
});

test('closed candles that both symbols have are tracked by their logarithmic returns, gaps left out', async () => {
  const { correlations, candles } = box.marketData;
  const next = draws(7);
  const minute = (i: number) => new Date(Date.parse('2026-01-01T23:00:00Z') + i * 60_000);
  const closes = new Map<string, Map<number, number>>();
  for (const symbol of ['BTC-USD', 'XRP-USD']) {
    let price = 1000;
    const of = new Map<number, number>();
    for (let i = 0; i < 120; i += 1) {
      price = Number((price * (1 + next() / 100)).toFixed(4));
      // Each misses other minutes.
      if (i % (symbol === 'BTC-USD' ? 17 : 23) !== 5) of.set(i, price);
    }
    closes.set(symbol, of);
    await candles.upsert({
      symbol,
      interval: '1m',
      source: 'x',
      candles: [...of].map(([i, close]) => {
        const text = close.toFixed(4);
        return { openTime: minute(i), open: text, high: text, low: text, close: text, baseVolume: '1' };
      }),
    });
  }
  const [btc, xrp] = [closes.get('BTC-USD')!, closes.get('XRP-USD')!];
  const expected: [number, number][][] = [[], []];
  for (let i = 1; i < 120; i += 1) {
    const four = [btc.get(i), btc.get(i - 1), xrp.get(i), xrp.get(i - 1)];
    if (four.some((each) => each === undefined)) continue;
    const [b, b0, x, x0] = four as [number, number, number, number];
    expected[i < 60 ? 0 : 1]!.push([Math.log(b / b0), Math.log(x / x0)]);
  }
  const series = { first: 'XRP-USD', second: 'BTC-USD', interval: '1m', source: 'x' };
  expect(await correlations.track({ ...series, from, to })).toEqual({ changed: 2 });
  expect(await correlations.track({ ...series, from, to })).toEqual({ changed: 0 });
  const found = await correlations.get({ ...series, from, to });
  expect(found).toMatchObject({ count: expected.flat().length, days: 2 });
  expect(found.correlation).toBeCloseTo(pearson(expected.flat()), 9);
  // The first return of the second day has its start in the first day, also where that day is not asked for.
  const second = { from: '2026-01-02T00:00:00Z', to: '2026-01-03T00:00:00Z' };
  expect(await correlations.track({ ...series, ...second })).toEqual({ changed: 0 });
});

test('targets must be possible, are never changed, and are what the realised is held against', async () => {
  const { correlations } = box.marketData;
  const targets = {
    targetsId: 't1',
    symbols: ['BTC-USD', 'ETH-USD', 'XRP-USD'],
    pairs: [{ first: 'ETH-USD', second: 'BTC-USD', target: 0.8 }],
  };
  const defined = await correlations.defineTargets(targets);
  expect(defined).toEqual({ ...targets, pairs: [{ ...pair, target: 0.8 }], definedAt: box.clock.now() });
  expect(await correlations.defineTargets({ ...targets, pairs: [{ ...pair, target: 0.8 }] })).toEqual(defined);
  await expect(correlations.defineTargets({ ...targets, pairs: [] })).rejects.toMatchObject({ code: 'id-conflict' });
  await expect(
    correlations.defineTargets({
      ...targets,
      targetsId: 't2',
      pairs: [
        { first: 'BTC-USD', second: 'ETH-USD', target: 0.9 },
        { first: 'BTC-USD', second: 'XRP-USD', target: 0.9 },
        { first: 'ETH-USD', second: 'XRP-USD', target: -0.9 },
      ],
    }),
  ).rejects.toMatchObject({ kind: 'invalid-input', issues: [{ path: 'pairs' }] });
  await expect(
    correlations.defineTargets({ ...targets, targetsId: 't3', scenarioId: 'none', scenarioVersion: 1 }),
  ).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-scenario-version' });
  expect(await correlations.findTargets('t2')).toBeUndefined();

  const drift = await correlations.getDrift({ targetsId: 't1', ...sim, from, to });
  const realised = await correlations.get({ ...pair, ...sim, from, to });
  expect(drift.map(({ first, second, target }) => [first, second, target])).toEqual([
    ['BTC-USD', 'ETH-USD', 0.8],
    ['BTC-USD', 'XRP-USD', 0],
    ['ETH-USD', 'XRP-USD', 0],
  ]);
  expect(drift[0]!.drift).toBe(realised.correlation! - 0.8);
  expect(drift[1]).toMatchObject({ reason: 'too-few-returns' });
  expect(drift[1]).not.toHaveProperty('drift');
  await expect(correlations.getDrift({ targetsId: 'none', ...sim, from, to })).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-targets',
  });
  expect((await correlations.listTargets()).items).toEqual([defined]);
});

test('what cannot be is refused by the name of its field', async () => {
  const { correlations } = box.marketData;
  const buckets = [{ day: from, returns: [[0.1, 0.2]] as [number, number][] }];
  await expect(correlations.record({ first: 'BTC-USD', second: 'BTC/USD', ...sim, buckets })).rejects.toMatchObject({
    issues: [{ path: 'second' }],
  });
  await expect(
    correlations.record({ ...pair, ...sim, buckets: [{ ...buckets[0]!, day: '2026-01-01T00:00:01Z' }] }),
  ).rejects.toMatchObject({ issues: [{ path: 'buckets' }] });
  await expect(correlations.record({ ...pair, ...sim, interval: '7m', buckets })).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-interval',
  });
  await expect(correlations.record({ ...pair, second: 'NO-USD', ...sim, buckets })).rejects.toMatchObject({
    code: 'unknown-instrument',
  });
  await expect(correlations.track({ ...pair, ...sim, from, to: '2026-01-01T12:00:00Z' })).rejects.toMatchObject({
    issues: [{ path: 'from' }],
  });
});
