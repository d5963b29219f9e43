import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Candle, TradeInput } from '../index.ts';
import { SYMBOL, type TestMarketData, minute, testMarketData } from '../test-market-data.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData({ options: { workers: ['relay-events', 'keep-epoch'] } });
});
afterAll(() => t[Symbol.asyncDispose]());

let ids = 0;
const trade = (n: number, seconds: number, price: string, over: Partial<TradeInput> = {}): TradeInput => ({
  tradeId: String((ids += 1)),
  eventAt: minute(n, seconds),
  price,
  quantity: '1',
  takerSide: 'buy',
  ...over,
});
const all = { from: minute(-100_000), to: minute(100_000) };
const content = ({ recordedAt: _, revision: __, ...candle }: Candle) => candle;

test('buckets that are over are closed, coarser ones when all of their minutes are, and what is forming follows', async () => {
  const { trades, candles } = t.marketData;
  const source = 'build';
  const of = { symbol: SYMBOL, source };
  await trades.record({
    venue: source,
    symbol: SYMBOL,
    trades: [
      trade(0, 59, '105'),
      trade(0, 1, '100'),
      trade(0, 30, '110', { takerSide: 'sell' }),
      trade(1, 0, '104'),
      trade(6, 10, '90'),
    ],
  });
  const built = await candles.build({ ...of, until: minute(6, 30) });
  expect(built.map(({ interval, closed }) => [interval, closed]).slice(0, 2)).toEqual([
    ['1m', 2],
    ['5m', 1],
  ]);
  expect(built.find(({ interval }) => interval === '1m')?.closedUntil).toBe('2026-01-05T00:06:00.000000Z');
  const minutes = await candles.range({ ...of, ...all, interval: '1m' });
  expect(content(minutes[0]!)).toEqual({
    openTime: '2026-01-05T00:00:00.000000Z',
    open: '100',
    high: '110',
    low: '100',
    close: '105',
    openAt: '2026-01-05T00:00:01.000000Z',
    highAt: '2026-01-05T00:00:30.000000Z',
    lowAt: '2026-01-05T00:00:01.000000Z',
    closeAt: '2026-01-05T00:00:59.000000Z',
    baseVolume: '3',
    quoteVolume: '315',
    takerBaseVolume: '2',
    takerQuoteVolume: '205',
    tradeCount: 3,
    closed: true,
  });
  const [five, ...others] = await candles.range({ ...of, ...all, interval: '5m' });
  expect(others).toEqual([]);
  expect(five).toMatchObject({ open: '100', high: '110', low: '100', close: '104', tradeCount: 4, quoteVolume: '419' });
  const forming = async (interval: string) =>
    (await candles.range({ ...of, ...all, interval, forming: true })).map(({ close, closed, tradeCount }) => [
      close,
      closed,
      tradeCount,
    ]);
  expect(await forming('1m')).toEqual([
    ['105', true, 3],
    ['104', true, 1],
    ['90', false, 1],
  ]);
  expect(await forming('5m')).toEqual([
    ['104', true, 4],
    ['90', false, 1],
  ]);
  expect(await forming('1h')).toEqual([['90', false, 5]]);
  await trades.record({ venue: source, symbol: SYMBOL, trades: [trade(6, 11, '91')] });
  expect(await forming('1h')).toEqual([['91', false, 6]]);
  expect((await candles.build({ ...of, until: minute(6, 30) })).every(({ closed }) => closed === 0)).toBe(true);
});

test('a late trade makes its candles anew, in every interval, and what they were is kept', async () => {
  const { trades, candles } = t.marketData;
  const source = 'late';
  const of = { symbol: SYMBOL, source };
  const record = (...batch: TradeInput[]) => trades.record({ venue: source, symbol: SYMBOL, trades: batch });
  await record(trade(0, 10, '100'), trade(7, 0, '101'));
  await candles.build({ ...of, until: minute(60) });
  expect(await candles.recompute()).toBe(0);
  await record(trade(0, 5, '99'), trade(3, 0, '150'));
  expect(await candles.recompute()).toBeGreaterThan(2);
  const minutes = await candles.range({ ...of, ...all, interval: '1m' });
  expect(minutes.map(({ open, close, revision }) => [open, close, revision])).toEqual([
    ['99', '100', 2],
    ['150', '150', 1],
    ['101', '101', 1],
  ]);
  const [hour] = await candles.range({ ...of, ...all, interval: '1h' });
  expect(hour).toMatchObject({ open: '99', high: '150', low: '99', close: '101', tradeCount: 4, revision: 2 });
  expect(await candles.listRevisions({ ...of, interval: '1h', openTime: minute(0) })).toMatchObject([
    { open: '100', high: '101', tradeCount: 2 },
  ]);
  expect(await candles.recompute()).toBe(0);
  await record(trade(0, 5, '99', { tradeId: '1000001' }));
  expect(await candles.recompute()).toBeGreaterThan(0);
});

test('loaded minutes are rolled up as far as asked, and follow when they are revised', async () => {
  const { candles } = t.marketData;
  const of = { symbol: SYMBOL, source: 'loaded' };
  const bar = (n: number, close: string) => ({
    openTime: minute(n),
    open: '100',
    high: '200',
    low: '50',
    close,
    baseVolume: '2',
  });
  await candles.upsert({
    ...of,
    interval: '1m',
    candles: [bar(0, '101'), bar(4, '104'), bar(9, '109'), bar(10, '110')],
  });
  expect(await candles.rollUp({ ...of, interval: '5m', from: minute(0), to: minute(10) })).toEqual({
    inserted: 2,
    revised: 0,
    unchanged: 0,
  });
  const fives = () => candles.range({ ...of, ...all, interval: '5m' });
  expect((await fives()).map(content)).toEqual([
    {
      openTime: '2026-01-05T00:00:00.000000Z',
      open: '100',
      high: '200',
      low: '50',
      close: '104',
      baseVolume: '4',
      closed: true,
    },
    {
      openTime: '2026-01-05T00:05:00.000000Z',
      open: '100',
      high: '200',
      low: '50',
      close: '109',
      baseVolume: '2',
      closed: true,
    },
  ]);
  expect(await candles.rollUp({ ...of, interval: '5m', from: minute(0), to: minute(10) })).toEqual({
    inserted: 0,
    revised: 0,
    unchanged: 2,
  });
  await candles.upsert({ ...of, interval: '1m', candles: [bar(4, '199')] });
  expect(await candles.recompute()).toBe(1);
  expect((await fives())[0]).toMatchObject({ close: '199', revision: 2 });
  await expect(candles.rollUp({ ...of, interval: '1m', from: minute(0), to: minute(10) })).rejects.toMatchObject({
    code: 'not-rolled-up',
  });
});

test('days follow the calendar of their zone: one of 23 hours and one of 25', async () => {
  const { candles } = t.marketData;
  const berlin = { name: '1d@Europe/Berlin', unit: 'day', timeZone: 'Europe/Berlin', rolledFrom: '15m' } as const;
  expect(await candles.defineInterval(berlin)).toEqual(await candles.defineInterval(berlin));
  await expect(candles.defineInterval({ ...berlin, timeZone: 'UTC' })).rejects.toMatchObject({ code: 'id-conflict' });
  await expect(candles.defineInterval({ ...berlin, name: 'x', rolledFrom: '4h' })).rejects.toMatchObject({
    code: 'not-divisible',
  });
  await expect(
    candles.defineInterval({ name: '7m', unit: 'fixed', step: 'PT7M', rolledFrom: '5m' }),
  ).rejects.toMatchObject({ code: 'not-divisible' });
  await expect(
    candles.defineInterval({ name: '7m', unit: 'fixed', step: 'PT7M', rolledFrom: 'none' }),
  ).rejects.toMatchObject({ code: 'unknown-interval' });
  const of = { symbol: SYMBOL, source: 'days' };
  const hours = (from: string, n: number) =>
    Array.from({ length: n }, (_, i) => ({
      openTime: new Date(Date.parse(from) + i * 900_000),
      open: '1',
      high: '1',
      low: '1',
      close: '1',
      baseVolume: '1',
    }));
  await candles.upsert({
    ...of,
    interval: '15m',
    candles: [...hours('2026-03-28T23:00:00Z', 24 * 4), ...hours('2026-10-24T22:00:00Z', 26 * 4)],
  });
  await candles.rollUp({ ...of, interval: berlin.name, from: '2026-03-27T00:00:00Z', to: '2026-10-27T00:00:00Z' });
  const days = await candles.range({
    ...of,
    interval: berlin.name,
    from: '2026-01-01T00:00:00Z',
    to: '2027-01-01T00:00:00Z',
  });
  expect(days.map(({ openTime, baseVolume }) => [openTime, baseVolume])).toEqual([
    ['2026-03-28T23:00:00.000000Z', '92'],
    ['2026-03-29T22:00:00.000000Z', '4'],
    ['2026-10-24T22:00:00.000000Z', '100'],
    ['2026-10-25T23:00:00.000000Z', '4'],
  ]);
  await expect(
    candles.upsert({ ...of, interval: berlin.name, candles: hours('2026-03-29T00:00:00Z', 1) }),
  ).rejects.toMatchObject({ code: 'misaligned' });
});

test('gaps are filled on read as asked, and told from what was recorded', async () => {
  const { candles } = t.marketData;
  const of = { symbol: SYMBOL, source: 'filled', interval: '1m' };
  const bar = (n: number, price: string) => ({
    openTime: minute(n),
    open: price,
    high: price,
    low: price,
    close: price,
    baseVolume: '2',
  });
  await candles.upsert({ ...of, candles: [bar(1, '100'), bar(4, '103'), bar(9, '104')] });
  const closes = async (policy: 'empty' | 'previous' | 'linear' | 'zero-volume', longestGap?: number) =>
    (
      await candles.rangeFilled({ ...of, from: minute(0), to: minute(11), policy, ...(longestGap && { longestGap }) })
    ).map(({ close, baseVolume, synthetic }) =>
      close === undefined ? '-' : `${close}/${baseVolume}${synthetic ? '*' : ''}`,
    );
  expect(await closes('empty')).toEqual(['-', '100/2', '-', '-', '103/2', '-', '-', '-', '-', '104/2', '-']);
  expect(await closes('previous', 2)).toEqual([
    '-',
    '100/2',
    '100/2*',
    '100/2*',
    '103/2',
    '-',
    '-',
    '-',
    '-',
    '104/2',
    '104/2*',
  ]);
  expect(await closes('linear', 2)).toEqual([
    '-',
    '100/2',
    '101/0*',
    '102/0*',
    '103/2',
    '-',
    '-',
    '-',
    '-',
    '104/2',
    '-',
  ]);
  expect(await closes('zero-volume')).toEqual([
    '-',
    '100/2',
    '100/0*',
    '100/0*',
    '103/2',
    '103/0*',
    '103/0*',
    '103/0*',
    '103/0*',
    '104/2',
    '104/0*',
  ]);
});

test('the event of a batch says what the adapter and the database agree on', async () => {
  const { candles } = t.marketData;
  const bar = { openTime: minute(0), open: '100.5', high: '200', low: '50.01', close: '101', baseVolume: '2.5' };
  await candles.upsert({ symbol: 'ETH-USD', source: 'event', interval: '15m', candles: [bar] });
  await candles.rollUp({ symbol: 'ETH-USD', source: 'event', interval: '1h', from: minute(0), to: minute(60) });
  const closed = async () =>
    (await t.box.events.all()).filter(
      ({ type, payload }) => type === 'candles.closed' && payload['source'] === 'event',
    );
  await expect.poll(async () => (await closed()).length).toBe(2);
  const [first, second] = (await closed()).map(({ payload }) => payload);
  expect(second!['sha256']).toBe(first!['sha256']);
  expect(second!['closes']).toEqual([{ openTime: '2026-01-05T00:00:00.000000Z', close: '101' }]);
});
