import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CandleInput } from '../index.ts';
import { SYMBOL, type TestMarketData, errorsOf, minute, testMarketData } from '../test-market-data.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData();
});
afterAll(() => t[Symbol.asyncDispose]());

const series = (source: string) => ({ symbol: SYMBOL, interval: '1m', source });
const bar = (n: number, over: Partial<CandleInput> = {}): CandleInput => ({
  openTime: minute(n),
  open: '100',
  high: '110.5',
  low: '99.01',
  close: '105',
  baseVolume: '3.00000001',
  ...over,
});
const bars = (from: number, to: number, over: Partial<CandleInput> = {}) =>
  Array.from({ length: to - from }, (_, i) => bar(from + i, over));
const all = { from: minute(0), to: minute(10_000) };

test('a candle is written, read back to the last digit, and found again by its time', async () => {
  const { candles } = t.marketData;
  const full = bar(0, {
    open: '100.00',
    openAt: minute(0, 1),
    highAt: minute(0, 2),
    lowAt: new Date(Date.UTC(2026, 0, 5, 0, 0, 3)),
    closeAt: '2026-01-05T00:00:59.123456Z',
    quoteVolume: '315.0000010500',
    takerBaseVolume: '1',
    takerQuoteVolume: '105',
    tradeCount: 7,
  });
  expect(await candles.upsert({ ...series('full'), candles: [full] })).toEqual({
    inserted: 1,
    revised: 0,
    unchanged: 0,
  });
  const found = await candles.get({ ...series('full'), openTime: minute(0) });
  expect(found).toEqual({
    openTime: '2026-01-05T00:00:00.000000Z',
    open: '100',
    high: '110.5',
    low: '99.01',
    close: '105',
    openAt: '2026-01-05T00:00:01.000000Z',
    highAt: '2026-01-05T00:00:02.000000Z',
    lowAt: '2026-01-05T00:00:03.000000Z',
    closeAt: '2026-01-05T00:00:59.123456Z',
    baseVolume: '3.00000001',
    quoteVolume: '315.00000105',
    takerBaseVolume: '1',
    takerQuoteVolume: '105',
    tradeCount: 7,
    closed: true,
    revision: 1,
    recordedAt: expect.any(String),
  });
  expect(await candles.find({ ...series('full'), openTime: minute(1) })).toBeUndefined();
  await expect(candles.get({ ...series('full'), openTime: minute(1) })).rejects.toMatchObject({ kind: 'not-found' });
  expect(await candles.findLatest(series('full'))).toEqual(found);
  await candles.upsert({ ...series('full'), candles: [bar(1, { closed: false }), bar(2, { closeAt: minute(2, 59) })] });
  const times = [0, 1, 2].map((n) => ({ ...series('full'), openTime: minute(n) }));
  const one = await Promise.all(times.map((at) => candles.get(at)));
  expect(one.map(({ closed }) => closed)).toEqual([true, false, true]);
  expect(await candles.range({ ...series('full'), ...all })).toEqual(one);
});

test.each([
  ['arrays', 10],
  ['copy', 2500],
])(
  'by %s: what is new is inserted, what differs is revised with its past kept, the same again is unchanged',
  async (way, n) => {
    const { candles } = t.marketData;
    const of = series(`upsert-${way}`);
    expect(await candles.upsert({ ...of, candles: bars(0, n) })).toEqual({ inserted: n, revised: 0, unchanged: 0 });
    const before = await candles.range({ ...of, ...all });
    expect(before).toHaveLength(n);
    expect(await candles.upsert({ ...of, candles: bars(0, n) })).toEqual({ inserted: 0, revised: 0, unchanged: n });
    const mixed = [...bars(0, n - 2), ...bars(n - 2, n, { close: '106' }), bar(n)].toReversed();
    expect(await candles.upsert({ ...of, candles: mixed })).toEqual({ inserted: 1, revised: 2, unchanged: n - 2 });
    const after = await candles.range({ ...of, ...all });
    expect(after.slice(-3).map(({ close, revision }) => [close, revision])).toEqual([
      ['106', 2],
      ['106', 2],
      ['105', 1],
    ]);
    const [past] = await candles.listRevisions({ ...of, openTime: minute(n - 1) });
    expect(past).toEqual(before.at(-1));
    expect(await candles.range({ ...of, ...all, asOf: before.at(-1)!.recordedAt })).toEqual(before);
    expect(await candles.range({ ...of, ...all, asOf: after.at(-2)!.recordedAt })).toEqual(after);
    expect(await candles.range({ ...of, ...all, asOf: '2020-01-01T00:00:00Z' })).toEqual([]);
  },
);

test('every way of writing keeps every digit', async () => {
  const { candles } = t.marketData;
  await t.marketData.instruments.register({ symbol: 'PEPE-USD', tickSize: '0.000000000001', stepSize: '0.000001' });
  const prices = [
    '0.000000000001',
    '99999999999999999999.999999999999',
    '10000',
    '1',
    '0.0001',
    '123456789.000100000001',
  ];
  const at = (i: number) => minute(i);
  const input = Array.from({ length: 2400 }, (_, i) => {
    const price = prices[i % prices.length]!;
    const volume = ['0', '0.000001', '10000000000', '1234.5', '99990000'][i % 5]!;
    return { openTime: at(i), open: price, high: price, low: price, close: price, baseVolume: volume, tradeCount: i };
  });
  for (const [source, few] of [
    ['arrays', input.slice(0, 30)],
    ['copy', input],
  ] as const) {
    const of = { symbol: 'PEPE-USD', interval: '1m', source };
    await candles.upsert({ ...of, candles: few });
    const read = await candles.range({ ...of, ...all });
    expect(read.map(({ open, close, baseVolume, tradeCount }) => [open, close, baseVolume, tradeCount])).toEqual(
      few.map(({ open, baseVolume, tradeCount }) => [open, open, baseVolume, tradeCount]),
    );
  }
});

test('an impossible candle is refused by its place, and nothing of its batch is written', async () => {
  const { candles } = t.marketData;
  const of = series('impossible');
  const bad: [Partial<CandleInput>, string, string?][] = [
    [{ high: '104' }, 'candles.1.high'],
    [{ low: '100.5' }, 'candles.1.low'],
    [{ open: '0' }, 'candles.1.open'],
    [{ close: '-1' }, 'candles.1.close'],
    [{ close: 'NaN' }, 'candles.1.close'],
    [{ baseVolume: '-0.1' }, 'candles.1.baseVolume'],
    [{ takerBaseVolume: '4' }, 'candles.1.takerBaseVolume'],
    [{ openTime: minute(0) }, 'candles.1.openTime'],
    [{ openTime: 'yesterday' }, 'candles.1.openTime'],
    [{ openTime: minute(1, 1) }, 'candles.1', 'misaligned'],
    [{ open: '100.001' }, 'candles.1', 'too-many-digits'],
    [{ baseVolume: '1.000000001' }, 'candles.1', 'too-many-digits'],
    [{ openTime: '2150-01-01T00:00:00Z' }, '', 'too-far-ahead'],
    [{ tradeCount: 1.5 }, 'candles.1.tradeCount'],
    [{ volume: '1' } as never, 'candles.1'],
  ];
  const errors = await errorsOf(bad.map(([over]) => candles.upsert({ ...of, candles: [bar(0), bar(1, over)] })));
  expect(
    errors.map((error) => [
      (error as { code: string }).code,
      (error as { issues: { path: string }[] }).issues[0]!.path,
    ]),
  ).toEqual(bad.map(([, path, code = 'invalid-input']) => [code, path]));
  expect(await candles.range({ ...of, ...all })).toEqual([]);
  await expect(candles.upsert({ ...of, symbol: 'XXX-USD', candles: [bar(0)] })).rejects.toMatchObject({
    code: 'unknown-instrument',
  });
  await expect(candles.upsert({ ...of, interval: '7m', candles: [bar(0)] })).rejects.toMatchObject({
    code: 'unknown-interval',
  });
});

test('intervals, sources and windows keep apart: only what is asked for is answered', async () => {
  const { candles } = t.marketData;
  await candles.upsert({ ...series('apart'), candles: bars(0, 10) });
  await candles.upsert({ ...series('apart'), interval: '5m', candles: [bar(0), bar(5)] });
  await candles.upsert({ ...series('apart'), priceType: 'mid', candles: [bar(1, { open: '100.005' })] });
  const opens = async (over: object) =>
    (await candles.range({ ...series('apart'), ...all, ...over })).map(({ openTime }) => openTime.slice(14, 16));
  expect(await opens({})).toHaveLength(10);
  expect(await opens({ interval: '5m' })).toEqual(['00', '05']);
  expect(await opens({ priceType: 'mid' })).toEqual(['01']);
  expect(await opens({ from: minute(2), to: minute(4) })).toEqual(['02', '03']);
  const pages: string[] = [];
  for await (const candle of candles.list({ ...series('apart'), limit: 3, sort: 'newest' }))
    pages.push(candle.openTime);
  expect(pages).toEqual(
    (await candles.range({ ...series('apart'), ...all })).map(({ openTime }) => openTime).toReversed(),
  );
});

test('what is covered is known to the bucket, and what is missing too', async () => {
  const { candles, coverage } = t.marketData;
  const of = series('gaps');
  await candles.upsert({ ...of, candles: [...bars(0, 3), ...bars(5, 8)] });
  await candles.upsert({ ...of, candles: bars(3, 4) });
  const key = { ...of, kind: 'candles' } as const;
  const at = (n: number) => minute(n).replace('.000Z', '.000000Z');
  expect((await coverage.find(key))?.covered).toEqual([
    { from: at(0), to: at(4) },
    { from: at(5), to: at(8) },
  ]);
  expect(await coverage.missing(key)).toEqual([{ from: at(4), to: at(5) }]);
  expect(await coverage.missing({ ...key, from: minute(-1), to: minute(9) })).toEqual([
    { from: at(-1), to: at(0) },
    { from: at(4), to: at(5) },
    { from: at(8), to: at(9) },
  ]);
  await coverage.mark({ ...key, from: minute(4), to: minute(5) });
  expect(await coverage.missing(key)).toEqual([]);
  expect(await coverage.missing({ ...key, source: 'nowhere' })).toEqual([]);
});
