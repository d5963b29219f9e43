import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { decimal } from '@tse/core';
import type { LoadContext } from '@tse/core/admin';
import { sandbox } from '@tse/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMarketDataAdapter } from '../index.ts';
import { zipOf } from './bulk-files/test-zip.ts';
import { loadCandles } from './load-candles.ts';
import { loadTrades } from './load-trades.ts';

let folder = '';
let box: Awaited<ReturnType<typeof open>>;
const open = () => sandbox({ marketData: createMarketDataAdapter }, { options: { workers: false } });
beforeAll(async () => {
  [folder, box] = await Promise.all([mkdtemp(join(tmpdir(), 'load-')), open()]);
});
afterAll(async () => {
  await box[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Raw {
  id: number;
  price: string;
  quantity: string;
  millis: number;
  buyerWasMaker: boolean;
}

const START = Date.UTC(2019, 9, 11);

/** Trades as an exchange prints them: bursts in one millisecond, minutes without any. */
function rawTrades(count: number, seed = 1): Raw[] {
  let state = seed;
  const next = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  let millis = START + 11_620;
  let ticks = 141_342;
  return Array.from({ length: count }, (_, i) => {
    const gap = next();
    millis += gap < 0.3 ? 0 : gap < 0.97 ? Math.floor(next() * 9_000) : Math.floor(next() * 400_000);
    ticks += Math.floor(next() * 21) - 10;
    return {
      id: 13_519_807 + i,
      price: `0.${String(ticks).padStart(8, '0')}`,
      quantity: `${1 + Math.floor(next() * 5000)}.${String(Math.floor(next() * 10) * 10_000_000).padStart(8, '0')}`,
      millis,
      buyerWasMaker: next() < 0.5,
    };
  });
}
const line = ({ id, price, quantity, millis, buyerWasMaker }: Raw, unit = '') =>
  `${id},${price},${quantity},${id * 2},${id * 2 + 1},${millis}${unit},${buyerWasMaker ? 'True' : 'False'}`;

async function load(
  loader: typeof loadTrades,
  name: string,
  content: string | Buffer,
  given: Record<string, string>,
  over: Partial<LoadContext> = {},
) {
  const path = join(folder, name);
  await writeFile(path, content);
  const rejections: string[] = [];
  const context: LoadContext = {
    options: {},
    path,
    given,
    progress: () => {},
    signal: new AbortController().signal,
    onRead: () => {},
    onRejected: (at, reason) => rejections.push(`${at}: ${reason}`),
    ...over,
  };
  return { ...(await loader(box.marketData, context)), rejections };
}

/** Candles by hand: exact sums in integers of 10^-8 and 10^-16. */
function candlesOf(trades: readonly Raw[], seconds: number) {
  const buckets = Map.groupBy(trades, ({ millis }) => Math.floor(millis / 1000 / seconds));
  const units = (text: string) => BigInt(text.replace('.', ''));
  const text = (value: bigint, scale: number) => {
    const digits = value.toString().padStart(scale + 1, '0');
    return decimal.of(`${digits.slice(0, -scale)}.${digits.slice(-scale)}`);
  };
  return [...buckets].map(([bucket, inIt]) => {
    const prices = inIt.map(({ price }) => units(price));
    const sum = (of: (trade: Raw) => bigint, which = (_: Raw) => true) =>
      inIt.filter(which).reduce((total, trade) => total + of(trade), 0n);
    const isBuy = ({ buyerWasMaker }: Raw) => !buyerWasMaker;
    const value = ({ price, quantity }: Raw) => units(price) * units(quantity);
    const at = (millis: number) => new Date(millis).toISOString().replace('Z', '000Z');
    const [high, low] = [prices.reduce((a, b) => (a > b ? a : b)), prices.reduce((a, b) => (a < b ? a : b))];
    return {
      openTime: at(bucket * seconds * 1000),
      open: text(prices[0]!, 8),
      high: text(high, 8),
      low: text(low, 8),
      close: text(prices.at(-1)!, 8),
      openAt: at(inIt[0]!.millis),
      highAt: at(inIt[prices.indexOf(high)]!.millis),
      lowAt: at(inIt[prices.indexOf(low)]!.millis),
      closeAt: at(inIt.at(-1)!.millis),
      baseVolume: text(
        sum(({ quantity }) => units(quantity)),
        8,
      ),
      quoteVolume: text(sum(value), 16),
      takerBaseVolume: text(
        sum(({ quantity }) => units(quantity), isBuy),
        8,
      ),
      takerQuoteVolume: text(sum(value, isBuy), 16),
      tradeCount: inIt.length,
      closed: true,
    };
  });
}

test('trades are loaded once; a symbol that is not known is created as fine as the file; candles are those computed by hand', async () => {
  const { marketData } = box;
  const raw = rawTrades(7_000);
  const csv = raw.map((each) => line(each)).join('\n');
  expect(await load(loadTrades, 'XRPETH.csv', csv, { symbol: 'XRP-ETH' })).toMatchObject({
    of: 'trades of XRP-ETH, venue import',
    inserted: 7_000,
    duplicates: 0,
    rejected: 0,
    notes: [
      'XRP-ETH was not known: it is now, with 8 decimals in prices and 8 in quantities',
      expect.stringMatching(/^closed candles: \d+ of 1m, /),
    ],
  });
  expect(await load(loadTrades, 'XRPETH.csv', csv, { symbol: 'XRP/ETH' })).toMatchObject({
    inserted: 0,
    duplicates: 7_000,
    rejected: 0,
    notes: [],
  });
  expect(await marketData.instruments.get('XRP-ETH')).toMatchObject({ tickSize: '0.00000001', priceScale: 8 });

  const last = raw.at(-1)!.millis;
  for (const [interval, seconds] of [
    ['1m', 60],
    ['5m', 300],
    ['1h', 3600],
    ['1d', 86_400],
  ] as const) {
    const expected = candlesOf(raw, seconds).filter(({ openTime }) => Date.parse(openTime) + seconds * 1000 <= last);
    const found = await marketData.candles.range({
      symbol: 'XRP-ETH',
      interval,
      source: 'import',
      from: new Date(START),
      to: new Date(last + 86_400_000),
    });
    expect(
      found.map(({ revision: _, recordedAt: __, ...candle }) => candle),
      interval,
    ).toEqual(expected);
  }
});

test('as it is, with a header, in microseconds, gzipped or zipped, the rows are the same', async () => {
  const raw = rawTrades(300, 7);
  const header = 'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,is_best_match';
  const plain = raw.map((each) => line(each)).join('\n');
  const micros = `${header}\r\n${raw.map((each) => `${line(each, '000')},True`).join('\r\n')}\r\n`;
  const forms = { plain, micros, gzip: gzipSync(micros), zip: zipOf({ 'ADAETH-aggTrades.csv': micros }) };
  const given = { symbol: 'ADA-ETH', source: 'binance' };
  const [first, ...others] = Object.entries(forms);
  expect(await load(loadTrades, first![0], first![1], given)).toMatchObject({ inserted: 300, rejected: 0 });
  for (const [name, content] of others)
    expect(await load(loadTrades, name, content, given), name).toMatchObject({ duplicates: 300, rejected: 0 });
  expect(await box.marketData.trades.listSeries()).toContainEqual(
    expect.objectContaining({ venue: 'binance', symbol: 'ADA-ETH', count: 300 }),
  );
});

test('what cannot be taken in is told with its line and why, and the rest is taken in', async () => {
  const raw = rawTrades(20, 3);
  const lines = raw.map((each) => line(each));
  const given = { symbol: 'DOT-ETH' };
  expect(await load(loadTrades, 'good.csv', lines.slice(0, 10).join('\n'), given)).toMatchObject({ inserted: 10 });
  const bad = [
    lines[9]!.replace(/,[\d.]+,/, ',9.99999999,'),
    'not a trade',
    line({ ...raw[12]!, price: '0.001413421' }),
    lines[13]!,
    '',
    lines[14]!.replace('True', 'maybe').replace('False', 'maybe'),
    lines[15]!,
    lines[15]!,
  ];
  const { rejections, ...counts } = await load(loadTrades, 'bad.csv', bad.join('\n'), given);
  expect(counts).toMatchObject({ inserted: 2, duplicates: 1, rejected: 4 });
  expect(rejections.toSorted()).toEqual([
    '1: trade 13519816 is there with another content',
    '2: a trade has 7 columns, here is 1',
    '3: 0.001413421 has more decimals than the 8 that its prices have',
    '6: "maybe" does not say whether the buyer was the maker (True or False)',
  ]);
});

test('where ids jump something is missing, and is not said to be covered', async () => {
  const raw = rawTrades(60, 5).map((each, i) => ({ ...each, millis: START + i * 1000 }));
  const without = raw.filter((_, i) => i < 20 || (i >= 30 && i !== 45));
  await load(loadTrades, 'holes.csv', without.map((each) => line(each)).join('\n'), { symbol: 'LTC-ETH' });
  const second = (n: number, micros = 0) =>
    `2019-10-11T00:00:${String(n).padStart(2, '0')}.${String(micros).padStart(6, '0')}Z`;
  const missing = () => box.marketData.coverage.missing({ symbol: 'LTC-ETH', kind: 'trades', source: 'import' });
  expect(await missing()).toEqual([
    { from: second(19, 1), to: second(30) },
    { from: second(44, 1), to: second(46) },
  ]);
  // The whole file fills them in.
  await load(loadTrades, 'whole.csv', raw.map((each) => line(each)).join('\n'), { symbol: 'LTC-ETH' });
  expect(await missing()).toEqual([]);
});

test('one that was interrupted, or lost its reply, is loaded again to its end', async () => {
  const raw = rawTrades(12_000, 11);
  const csv = raw.map((each) => line(each)).join('\n');
  const given = { symbol: 'SOL-ETH' };
  const stop = new AbortController();
  const watch = box.marketData.trades.record.bind(box.marketData.trades);
  let batches = 0;
  const stopping = {
    ...box.marketData,
    trades: Object.assign(Object.create(box.marketData.trades) as typeof box.marketData.trades, {
      record: async (...call: Parameters<typeof watch>) => {
        const recorded = await watch(...call);
        batches += 1;
        stop.abort(new Error('stopped'));
        return recorded;
      },
    }),
  };
  const loadStopping: typeof loadTrades = (_, context) => loadTrades(stopping, context);
  await expect(load(loadStopping, 'sol.csv', csv, given, { signal: stop.signal })).rejects.toThrow('stopped');
  expect(batches).toBe(1);
  const strike = box.postgres.cutAfterCommit({ match: /record_trades/ });
  const again = await load(loadTrades, 'sol.csv', csv, given);
  await strike.struck;
  expect(again).toMatchObject({ rejected: 0 });
  expect(again.inserted + again.duplicates).toBe(12_000);
  expect(await box.marketData.trades.listSeries()).toContainEqual(
    expect.objectContaining({ symbol: 'SOL-ETH', count: 12_000 }),
  );
});

const kline = (minute: number, over: { price?: string; end?: number } = {}) => {
  const { price = '0.00162008', end = 59_999 } = over;
  const at = START + minute * 60_000;
  return `${at},${price},0.00170000,0.00160000,${price},108.14853839,${at + end}`;
};

test('candles are loaded once, what changed is revised, and minutes that the file has not are missing', async () => {
  const minutes = [0, 1, 2, 5, 6, 9];
  const given = { symbol: 'NEO-BTC' };
  expect(await load(loadCandles, 'neo.csv', minutes.map((n) => kline(n)).join('\n'), given)).toMatchObject({
    of: '1m candles of NEO-BTC, source import',
    inserted: 6,
    duplicates: 0,
    notes: ['NEO-BTC was not known: it is now, with 8 decimals in prices and 8 in quantities'],
  });
  const changed = [
    ...minutes.slice(0, 5).map((n) => kline(n)),
    kline(9, { price: '0.00162009' }),
    kline(9, { price: '0.00162009' }),
  ];
  expect(await load(loadCandles, 'neo.zip', zipOf({ 'neo.csv': changed.join('\n') }), given)).toMatchObject({
    inserted: 0,
    duplicates: 6,
    revised: 1,
    rejected: 0,
  });
  const at = (n: number) => new Date(START + n * 60_000).toISOString().replace('Z', '000Z');
  expect(
    await box.marketData.coverage.missing({ symbol: 'NEO-BTC', kind: 'candles', interval: '1m', source: 'import' }),
  ).toEqual([
    { from: at(3), to: at(5) },
    { from: at(7), to: at(9) },
  ]);
});

test('candles that cannot be are told with their lines', async () => {
  const rows = [
    kline(0),
    kline(1, { end: 3_599_999 }),
    kline(2, { price: '0.00180000' }),
    kline(3, { price: '0.00150000' }),
    kline(4)
      .replace(String(START + 240_000), String(START + 240_001))
      .replace(String(START + 299_999), String(START + 300_000)),
    kline(5, { price: '0.001620081' }),
    kline(0, { price: '0.00162009' }),
    'what',
  ];
  await box.marketData.instruments.register({ symbol: 'EOS-BTC', tickSize: '0.00000001', stepSize: '0.00000001' });
  const { rejections, ...counts } = await load(loadCandles, 'eos.csv', rows.join('\n'), { symbol: 'EOS-BTC' });
  expect(counts).toMatchObject({ inserted: 1, rejected: 7 });
  expect(rejections).toEqual([
    '2: it lasts 3600 seconds, which 1m does not',
    '3: high 0.00170000 is not the highest price',
    '4: low 0.00160000 is not the lowest price',
    '5: open time 2019-10-11T00:04:00.001000Z is not the beginning of a candle of 1m',
    '6: 0.001620081 has more decimals than the 8 that its prices have',
    '7: line 1 has another candle of the same time',
    '8: a candle has 7 columns, here is 1',
  ]);
});

test('a file of nothing, and one without a symbol, is refused', async () => {
  await expect(load(loadTrades, 'none.csv', 'a\nb\n', { symbol: 'NIL-ETH' })).rejects.toMatchObject({
    kind: 'invalid-input',
    code: 'nothing-to-load',
  });
  expect(await box.marketData.instruments.find('NIL-ETH')).toBeUndefined();
  await expect(load(loadTrades, 'none.csv', 'a', {})).rejects.toMatchObject({ issues: [{ path: 'symbol' }] });
  await expect(load(loadTrades, 'none.csv', 'a', { symbol: 'x' })).rejects.toMatchObject({
    issues: [{ path: 'symbol' }],
  });
  await expect(load(loadCandles, 'seven.csv', kline(0, { end: 419_999 }), { symbol: 'EOS-BTC' })).rejects.toMatchObject(
    { code: 'unknown-interval', message: expect.stringContaining('420 seconds') },
  );
});
