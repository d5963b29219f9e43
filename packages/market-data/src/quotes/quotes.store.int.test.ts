import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYMBOL, type TestMarketData, emptyRedis, minute, testMarketData } from '../test-market-data.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData({ start: minute(60) });
});
afterAll(() => t[Symbol.asyncDispose]());

const quote = (source: string, sequence: number, seconds: number, bid: string, ask: string, over: object = {}) => ({
  symbol: SYMBOL,
  source,
  eventAt: minute(0, seconds),
  sequence,
  bid,
  bidQuantity: '2',
  ask,
  askQuantity: '4',
  ...over,
});
const hour = { from: minute(0), to: minute(60) };

test('a quote is recorded and read back with its age; what its source told already is stale', async () => {
  const { quotes } = t.marketData;
  const depth = { levels: 5, bid: '10', ask: '20.5' };
  expect(await quotes.record([quote('a', 2, 30, '99.5', '100.50', { depth }), quote('a', 1, 0, '1', '2')])).toEqual([
    'recorded',
    'stale',
  ]);
  expect(await quotes.get({ symbol: SYMBOL, source: 'a' })).toEqual({
    symbol: SYMBOL,
    source: 'a',
    eventAt: '2026-01-05T00:00:30.000000Z',
    sequence: 2,
    bid: '99.5',
    bidQuantity: '2',
    ask: '100.5',
    askQuantity: '4',
    depth,
    ageMs: 3_570_000,
  });
  expect(await quotes.find({ symbol: SYMBOL, source: 'b' })).toBeUndefined();
  await expect(quotes.get({ symbol: SYMBOL, source: 'b' })).rejects.toMatchObject({ code: 'unknown-quote' });
});

test('minutes weigh each quote by the time it stood, over flushes and over the edges of minutes', async () => {
  const { quotes } = t.marketData;
  const of = { symbol: SYMBOL, source: 'weighed' };
  await quotes.record([
    quote('weighed', 1, 30, '99', '101'),
    quote('weighed', 2, 45, '99', '105', { depth: { levels: 3, bid: '7', ask: '9' } }),
  ]);
  await expect.poll(async () => (await quotes.listMinutes(of)).items.length).toBe(1);
  await quotes.record([quote('weighed', 3, 90, '102', '101')]);
  await quotes.record([quote('weighed', 4, 100, '100', '101')]);
  await expect.poll(async () => (await quotes.statistics({ ...of, ...hour }))?.quotes).toBe(4);
  expect((await quotes.listMinutes(of)).items).toEqual([
    {
      minute: '2026-01-05T00:00:00.000000Z',
      seconds: 30,
      meanSpread: (15 * 2 + 15 * 6) / 30,
      meanMid: (15 * 100 + 15 * 102) / 30,
      meanBidQuantity: 2,
      meanAskQuantity: 4,
      minSpread: '2',
      maxSpread: '6',
      meanDepth: { levels: 3, bid: 7, ask: 9 },
      quotes: 2,
      crossed: 0,
    },
    {
      minute: '2026-01-05T00:01:00.000000Z',
      seconds: 40,
      meanSpread: (30 * 6 - 10) / 40,
      meanMid: (30 * 102 + 10 * 101.5) / 40,
      meanBidQuantity: 2,
      meanAskQuantity: 4,
      minSpread: '-1',
      maxSpread: '6',
      meanDepth: { levels: 3, bid: 7, ask: 9 },
      quotes: 2,
      crossed: 1,
    },
  ]);
  expect(await quotes.statistics({ ...of, ...hour })).toMatchObject({
    seconds: 70,
    meanSpread: (30 + 90 + 180 - 10) / 70,
    quotes: 4,
    crossed: 1,
  });
  expect(await quotes.statistics({ ...of, from: minute(5), to: minute(6) })).toBeUndefined();
});

test('a lost Redis: the last archived quote is back, and the time until the next one counts for none', async () => {
  const { quotes } = t.marketData;
  const of = { symbol: SYMBOL, source: 'lost' };
  await quotes.record([quote('lost', 1, 0, '99', '101')]);
  await expect.poll(async () => (await quotes.listMinutes(of)).items.length).toBe(1);
  await emptyRedis(t, SYMBOL);
  await expect
    .poll(() => quotes.record([quote('lost', 2, 120, '99', '101')]).catch(() => []), { timeout: 20_000 })
    .toEqual(['recorded']);
  await quotes.record([quote('lost', 3, 150, '99', '101')]);
  await expect.poll(async () => (await quotes.statistics({ ...of, ...hour }))?.quotes).toBe(3);
  expect(await quotes.statistics({ ...of, ...hour })).toMatchObject({ seconds: 30 });
  expect(await quotes.record([quote('a', 2, 31, '1', '2')])).toEqual(['stale']);
});
