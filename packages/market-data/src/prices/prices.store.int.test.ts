import { currentContext, withContext } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { marketDataEvents } from '../events.ts';
import type { PriceUpdate, TickInput } from '../index.ts';
import { SYMBOL, type TestMarketData, emptyRedis, minute, testMarketData } from '../test-market-data.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData({ start: minute(60) });
});
afterAll(() => t[Symbol.asyncDispose]());

let symbols = 0;
/** A symbol of its own for each test. */
async function fresh(): Promise<string> {
  const symbol = `T${(symbols += 1)}-USD`;
  await t.marketData.instruments.register({ symbol, tickSize: '0.01', stepSize: '1' });
  return symbol;
}
const tick = (symbol: string, sequence: number, over: Partial<TickInput> = {}): TickInput => ({
  symbol,
  source: 'binance',
  eventAt: minute(0, sequence),
  sequence,
  price: `${100 + sequence}.5`,
  ...over,
});
const archived = async (symbol: string, source = 'binance') =>
  (await Array.fromAsync(t.marketData.prices.list({ symbol, source }))).map(({ sequence }) => sequence);

test('a price is recorded and read back to the digit with its age, from each source and the newest of all', async () => {
  const { prices } = t.marketData;
  const symbol = await fresh();
  const hourOld = tick(symbol, 1, { price: '95', eventAt: minute(0) });
  const now = tick(symbol, 2, {
    source: 'coinbase',
    price: '105.00',
    bid: '104.99',
    ask: '105.01',
    eventAt: minute(60),
  });
  expect(await prices.record([now, hourOld])).toEqual(['recorded', 'recorded']);
  const latest = {
    symbol,
    source: 'coinbase',
    eventAt: '2026-01-05T01:00:00.000000Z',
    sequence: 2,
    price: '105',
    bid: '104.99',
    ask: '105.01',
    ageMs: 0,
  };
  expect(await prices.get({ symbol })).toEqual(latest);
  expect(await prices.get({ symbol: symbol.replace('-', '/'), source: 'binance' })).toMatchObject({
    price: '95',
    ageMs: 3_600_000,
  });
  expect(await prices.listSources(symbol)).toMatchObject([{ source: 'coinbase' }, { source: 'binance' }]);
  expect(await prices.listLatest({ symbols: [SYMBOL, symbol] })).toEqual([latest]);
  expect(await prices.find({ symbol, source: 'binance', maxAgeMs: 60_000 })).toBeUndefined();
  await expect(prices.get({ symbol, source: 'binance', maxAgeMs: 60_000 })).rejects.toMatchObject({
    code: 'stale-price',
    details: { ageMs: 3_600_000 },
  });
  await expect(prices.get({ symbol: SYMBOL })).rejects.toMatchObject({ code: 'unknown-price' });
});

test('ticks out of order or told twice are stale, whether in one flush or in two, and each source has its own order', async () => {
  const { prices } = t.marketData;
  const symbol = await fresh();
  const other = { source: 'kraken' };
  expect(
    await prices.record([
      tick(symbol, 5),
      tick(symbol, 4),
      tick(symbol, 5),
      tick(symbol, 1, other),
      tick(symbol, 6),
      tick(symbol, 2, other),
    ]),
  ).toEqual(['recorded', 'stale', 'stale', 'recorded', 'recorded', 'recorded']);
  expect(
    await prices.record([tick(symbol, 6), tick(symbol, 3, other), tick(symbol, 7), tick(symbol, 2, other)]),
  ).toEqual(['stale', 'recorded', 'recorded', 'stale']);
  expect((await prices.recent({ symbol })).map(({ source, sequence }) => `${source} ${sequence}`)).toEqual([
    'binance 7',
    'kraken 3',
    'kraken 2',
    'binance 6',
    'kraken 1',
    'binance 5',
  ]);
  expect(await prices.get({ symbol, source: 'binance' })).toMatchObject({ sequence: 7 });
  await expect.poll(() => archived(symbol)).toEqual([5, 6, 7]);
  expect(await archived(symbol, 'kraken')).toEqual([1, 2, 3]);
});

test('from many callers at once: every tick that is taken is in the ring once, in growing order, and is archived', async () => {
  const { prices } = t.marketData;
  const symbol = await fresh();
  const outcomes = await Promise.all(
    Array.from({ length: 500 }, (_, i) => prices.record([tick(symbol, (i * 7) % 500)])),
  );
  const taken = outcomes.flat().filter((outcome) => outcome === 'recorded').length;
  const ring = (await prices.recent({ symbol, limit: 1000 })).map(({ sequence }) => sequence).toReversed();
  expect(ring).toHaveLength(taken);
  expect(ring).toEqual(ring.toSorted((a, b) => a - b));
  expect(ring.at(-1)).toBe(499);
  await expect.poll(() => archived(symbol)).toEqual(ring);
});

test('the ring keeps the last thousand, the tables all', async () => {
  const { prices } = t.marketData;
  const symbol = await fresh();
  const ticks = Array.from({ length: 2500 }, (_, i) => tick(symbol, i, { eventAt: minute(0) }));
  await prices.record(ticks);
  const ring = await prices.recent({ symbol, limit: 1000 });
  expect(ring.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 1000 }, (_, i) => 2499 - i));
  await expect.poll(async () => (await archived(symbol)).length).toBe(2500);
});

test('bad ticks are refused by their place, and none of their batch is taken', async () => {
  const { prices } = t.marketData;
  const symbol = await fresh();
  const bad: [Partial<TickInput>, string][] = [
    [{ symbol: 'btc' }, '1.symbol'],
    [{ source: 'a|b' }, '1.source'],
    [{ eventAt: 'now' }, '1.eventAt'],
    [{ sequence: 1.5 }, '1.sequence'],
    [{ price: '0' }, '1.price'],
    [{ price: '-1' }, '1.price'],
    [{ bid: '2', ask: '1' }, '1.bid'],
    [{ eventAt: '2027-01-01T00:00:00Z' }, '1.eventAt'],
    [{ price: '1.001' }, ''],
  ];
  for (const [over, path] of bad)
    await expect(prices.record([tick(symbol, 1), tick(symbol, 2, over)]), path).rejects.toMatchObject({
      kind: 'invalid-input',
      issues: [{ path }],
    });
  await expect(prices.record([tick('NONE-USD', 1)])).rejects.toMatchObject({ code: 'unknown-instrument' });
  expect(await prices.recent({ symbol })).toEqual([]);
});

test('whoever watches gets the latest price, and a slow reader no more than that', async () => {
  const { prices } = t.marketData;
  const symbol = await fresh();
  const stop = new AbortController();
  const watching = prices.watch({ symbols: [symbol] }, { signal: stop.signal })[Symbol.asyncIterator]();
  const first = watching.next();
  await prices.record([tick(symbol, 1)]);
  expect((await first).value).toEqual({
    symbol,
    source: 'binance',
    eventAt: '2026-01-05T00:00:01.000000Z',
    sequence: 1,
    last: '101.5',
  });
  for (let i = 2; i <= 50; i += 1) await prices.record([tick(symbol, i), tick(SYMBOL, i)]);
  const seen: PriceUpdate[] = [];
  while (seen.at(-1)?.sequence !== 50) seen.push((await watching.next()).value as PriceUpdate);
  expect(seen.length).toBeLessThan(50);
  expect(seen.every((update) => update.symbol === symbol)).toBe(true);
  const last = watching.next();
  stop.abort();
  expect(await last).toEqual({ value: undefined, done: true });
});

test('who follows the feed is told what a price follows from, and what it does follows from it too', async () => {
  const { prices, inbox, identity } = t.marketData;
  const symbol = await fresh();
  const seen: unknown[] = [];
  await using _follower = inbox.follow(
    { name: 'causes', feed: marketDataEvents.priceFeed, instance: identity.instance },
    ({ payload, causationId }) => {
      const { causationId: because, correlationId } = currentContext();
      if (payload.symbol === symbol) seen.push([payload.sequence, causationId, because, correlationId]);
      return Promise.resolve();
    },
  );
  await withContext({ causationId: 'e1', correlationId: 'c1' }, () => prices.record([tick(symbol, 1)]));
  await expect.poll(() => seen).toEqual([[1, 'e1', 'e1', 'c1']]);
  await prices.record([tick(symbol, 2)]);
  await expect.poll(() => seen.at(-1)).toEqual([2, undefined, undefined, undefined]);
});

test('closing the adapter ends whoever watches', async () => {
  const other = t.box.open('marketData', { workers: false });
  const watched = Array.fromAsync(other.prices.watch());
  await other.close();
  expect(Array.isArray(await watched)).toBe(true);
});

test('without PostgreSQL prices go on; when it is back they are archived', async () => {
  const { prices } = t.marketData;
  const symbol = await fresh();
  await prices.record([tick(symbol, 1)]);
  {
    await using _ = t.box.postgres.down();
    expect(await prices.record([tick(symbol, 2)])).toEqual(['recorded']);
    expect(await prices.get({ symbol })).toMatchObject({ sequence: 2 });
  }
  await expect.poll(() => archived(symbol), { timeout: 20_000 }).toEqual([1, 2]);
});

test('without Redis the archived price answers with its age, and nothing is taken', async () => {
  const { prices } = t.marketData;
  const symbol = await fresh();
  await prices.record([tick(symbol, 1)]);
  await expect.poll(() => archived(symbol)).toEqual([1]);
  {
    await using _ = t.box.redis.down();
    await expect(prices.record([tick(symbol, 2)])).rejects.toMatchObject({
      kind: expect.stringMatching(/unavailable|outcome-unknown/) as string,
    });
    expect(await prices.get({ symbol })).toMatchObject({ sequence: 1, price: '101.5' });
    expect(await prices.recent({ symbol })).toMatchObject([{ sequence: 1 }]);
  }
  await expect.poll(() => prices.record([tick(symbol, 3)]).catch(() => []), { timeout: 20_000 }).toEqual(['recorded']);
});

test('a market is told at one look: last price, spread, and its day from the closed minutes', async () => {
  const { prices, candles } = t.marketData;
  const symbol = await fresh();
  const bar = (n: number, open: string, close: string) => ({
    openTime: minute(n),
    open,
    high: '3100',
    low: '2900',
    close,
    baseVolume: '2',
  });
  await candles.upsert({
    symbol,
    interval: '1m',
    source: 'binance',
    candles: [bar(0, '3000', '3010'), bar(1, '3010', '3020')],
  });
  const at = (n: number, price: string) => tick(symbol, n, { price, bid: '3049', ask: '3051' });
  await prices.record([at(1, '3000'), at(2, '3050')]);
  expect(await prices.snapshot({ symbol, source: 'binance' })).toEqual({
    symbol,
    last: '3050',
    bid: '3049',
    ask: '3051',
    spread: '2',
    volume24h: '4',
    high24h: '3100',
    low24h: '2900',
    change24h: '50',
    changePercent24h: '1.6667',
    at: '2026-01-05T00:00:02.000000Z',
  });
  expect(await prices.snapshot({ symbol: 'ETH-USD', source: 'binance' })).toEqual({ symbol: 'ETH-USD' });
});

test('a Redis lost between two flushes: the gap is marked, what was archived is back, and nothing of the tables is lost', async () => {
  const { prices, coverage } = t.marketData;
  const symbol = await fresh();
  const of = { symbol, kind: 'ticks', source: 'binance' } as const;
  await prices.record([tick(symbol, 1), tick(symbol, 2)]);
  await expect.poll(() => archived(symbol)).toEqual([1, 2]);
  await emptyRedis(t, symbol);
  await expect.poll(() => prices.record([tick(symbol, 5)]).catch(() => []), { timeout: 20_000 }).toEqual(['recorded']);
  expect(await prices.record([tick(symbol, 2)])).toEqual(['stale']);
  await expect.poll(async () => (await prices.recent({ symbol })).map(({ sequence }) => sequence)).toEqual([5, 2, 1]);
  await expect.poll(() => archived(symbol)).toEqual([1, 2, 5]);
  await using db = await t.facts();
  const gaps = await db.query<{ series: string }>(
    `select series from facts_archive_gaps where series = 'ticks/${symbol}'`,
  );
  expect(gaps).toEqual([{ series: `ticks/${symbol}` }]);
  expect(await coverage.missing(of)).toEqual([
    { from: '2026-01-05T00:00:02.000001Z', to: '2026-01-05T00:00:05.000000Z' },
  ]);
});
