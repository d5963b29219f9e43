import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYMBOL, type TestMarketData, emptyRedis, minute, testMarketData } from '../test-market-data.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData({ start: minute(60) });
});
afterAll(() => t[Symbol.asyncDispose]());

const bar = (n: number, price: string) => ({
  openTime: minute(n),
  open: price,
  high: price,
  low: price,
  close: price,
  baseVolume: '1',
});

test('a finding is reported once, told once, and listed in the order of finding', async () => {
  const { quality } = t.marketData;
  const report = {
    symbol: SYMBOL,
    kind: 'out-of-order',
    series: 'ticks/x',
    from: minute(1),
    to: minute(2),
    evidence: { count: 3, by: 'the "feed"' },
  } as const;
  const found = await quality.report(report);
  expect(found).toEqual({
    ...report,
    id: expect.any(String),
    from: '2026-01-05T00:01:00.000000Z',
    to: '2026-01-05T00:02:00.000000Z',
    foundAt: t.box.clock.now(),
  });
  expect(await quality.report({ ...report, evidence: {} })).toEqual(found);
  await quality.report({ ...report, kind: 'zero-price' });
  expect((await quality.list({ symbol: SYMBOL, kind: 'out-of-order' })).items).toEqual([found]);
  const pages: string[] = [];
  for await (const { id } of quality.list({ limit: 1 })) pages.push(id);
  expect(pages).toContain(found.id);
  await expect
    .poll(async () => (await t.box.events.all()).filter(({ type }) => type === 'quality.found').length)
    .toBe(2);
  await expect(quality.report({ ...report, to: minute(1) })).rejects.toMatchObject({ kind: 'invalid-input' });
  await expect(quality.report({ ...report, symbol: 'NO-USD' })).rejects.toMatchObject({ code: 'unknown-instrument' });
});

test('a sweep finds gaps, outliers, crossed quotes and sources that went quiet, each once', async () => {
  const { quality, candles, quotes, prices } = t.marketData;
  const source = 'swept';
  await candles.upsert({
    symbol: SYMBOL,
    interval: '1m',
    source,
    candles: [bar(0, '100'), bar(1, '119'), bar(4, '200'), bar(5, '201')],
  });
  await quotes.record([
    {
      symbol: SYMBOL,
      source,
      eventAt: minute(2),
      sequence: 1,
      bid: '101',
      ask: '100',
      bidQuantity: '1',
      askQuantity: '1',
    },
  ]);
  await prices.record([{ symbol: SYMBOL, source, eventAt: minute(3), sequence: 1, price: '100' }]);
  await expect.poll(async () => (await quotes.listMinutes({ symbol: SYMBOL, source })).items.length).toBe(1);
  await expect.poll(async () => (await prices.list({ symbol: SYMBOL, source })).items.length).toBe(1);
  const sweep = () => quality.sweep({ symbol: SYMBOL, source, from: minute(0), to: minute(6) });
  const found = await sweep();
  expect(
    found.map(({ kind, series, from, to, evidence }) => [kind, series, from.slice(11, 16), to.slice(11, 16), evidence]),
  ).toEqual([
    ['gap', 'candles/1m/swept', '00:02', '00:04', {}],
    ['outlier', 'candles/1m/swept', '00:04', '00:05', { close: '200', before: '119' }],
    ['negative-spread', 'quotes/swept', '00:02', '00:03', { quotes: 1, spread: '-1' }],
    ['stale', 'ticks/swept', '00:03', '00:04', {}],
  ]);
  expect(await sweep()).toEqual([]);
});

test('what a lost Redis took with it is found, told, and found once', async () => {
  const { quality, prices } = t.marketData;
  const symbol = 'ETH-USD';
  const tick = (sequence: number) => ({ symbol, source: 's', eventAt: minute(0, sequence), sequence, price: '1' });
  await prices.record([tick(1)]);
  await expect.poll(async () => (await prices.list({ symbol, source: 's' })).items.length).toBe(1);
  await emptyRedis(t, symbol);
  await expect.poll(() => prices.record([tick(2)]).catch(() => []), { timeout: 20_000 }).toEqual(['recorded']);
  const lost = async () => (await quality.list({ symbol, kind: 'lost' })).items;
  await expect.poll(async () => (await lost()).length, { timeout: 20_000 }).toBe(1);
  expect(await lost()).toMatchObject([
    { series: 'ticks/ETH-USD', evidence: { archive: expect.any(String) as string } },
  ]);
});
