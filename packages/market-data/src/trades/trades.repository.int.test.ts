import { withContext } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TradeInput } from '../index.ts';
import { SYMBOL, type TestMarketData, minute, testMarketData } from '../test-market-data.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData();
});
afterAll(() => t[Symbol.asyncDispose]());

const trade = (id: number, over: Partial<TradeInput> = {}): TradeInput => ({
  tradeId: String(id),
  eventAt: minute(id),
  price: '100.5',
  quantity: '0.5',
  takerSide: 'buy',
  ...over,
});

test('trades are recorded in any order and read back in that of their happening', async () => {
  const { trades } = t.marketData;
  const of = { venue: 'order', symbol: SYMBOL };
  const input = [
    trade(11, { eventAt: minute(1) }),
    trade(9, { eventAt: minute(1) }),
    trade(0),
    trade(10, { eventAt: minute(1) }),
  ];
  expect(await trades.record({ ...of, trades: input })).toEqual({ inserted: 4, duplicates: 0, rejected: [] });
  const { items } = await trades.list(of);
  expect(items.map(({ tradeId }) => tradeId)).toEqual(['0', '9', '10', '11']);
  expect(items[0]).toEqual({
    venue: 'order',
    symbol: SYMBOL,
    tradeId: '0',
    eventAt: '2026-01-05T00:00:00.000000Z',
    sequence: 0,
    price: '100.5',
    quantity: '0.5',
    quoteQuantity: '50.25',
    takerSide: 'buy',
    recordedAt: expect.any(String),
  });
  const pages: string[] = [];
  for await (const { tradeId } of trades.list({ ...of, limit: 1, sort: 'newest' })) pages.push(tradeId);
  expect(pages).toEqual(['11', '10', '9', '0']);
  expect((await trades.list({ ...of, from: minute(1) })).items).toHaveLength(3);
  expect(await trades.listSeries()).toContainEqual({
    ...of,
    count: 4,
    firstEventAt: '2026-01-05T00:00:00.000000Z',
    lastEventAt: '2026-01-05T00:01:00.000000Z',
  });
});

test('the same again is a duplicate, another content under the same id and time is rejected by its place', async () => {
  const { trades } = t.marketData;
  const of = { venue: 'again', symbol: SYMBOL };
  await trades.record({ ...of, trades: [trade(1), trade(2)] });
  expect(
    await trades.record({
      ...of,
      trades: [
        trade(3),
        trade(1),
        trade(2, { price: '1' }),
        trade(3),
        trade(3, { quantity: '9' }),
        trade(4, { price: '1.001' }),
      ],
    }),
  ).toEqual({
    inserted: 1,
    duplicates: 2,
    rejected: [
      { index: 2, code: 'id-conflict' },
      { index: 4, code: 'id-conflict' },
      { index: 5, code: 'too-many-digits' },
    ],
  });
  expect((await trades.list(of)).items.map(({ tradeId, price }) => [tradeId, price])).toEqual([
    ['1', '100.5'],
    ['2', '100.5'],
    ['3', '100.5'],
  ]);
});

test('bad trades are refused by their place, and nothing of their batch is recorded', async () => {
  const { trades } = t.marketData;
  const of = { venue: 'bad', symbol: SYMBOL };
  const bad: [Partial<TradeInput>, string][] = [
    [{ price: '0' }, 'price'],
    [{ quantity: '-1' }, 'quantity'],
    [{ price: '1e3' }, 'price'],
    [{ eventAt: '2026-02-30T00:00:00Z' }, 'eventAt'],
    [{ tradeId: 'a b' }, 'tradeId'],
    [{ sequence: -1 }, 'sequence'],
    [{ takerSide: 'maker' as never }, 'takerSide'],
  ];
  for (const [over, field] of bad) {
    await expect(trades.record({ ...of, trades: [trade(1), trade(2, over)] })).rejects.toMatchObject({
      kind: 'invalid-input',
      issues: [{ path: `trades.1.${field}` }],
    });
  }
  await expect(trades.record({ ...of, symbol: 'XXX-USD', trades: [trade(1)] })).rejects.toMatchObject({
    code: 'unknown-instrument',
  });
  expect((await trades.list(of)).items).toEqual([]);
});

test('what a batch claims to cover is covered, with its last instant', async () => {
  const { trades, coverage } = t.marketData;
  const of = { venue: 'covers', symbol: SYMBOL };
  await trades.record({ ...of, trades: [trade(1)], covers: { from: minute(0), to: minute(1) } });
  await trades.record({ ...of, trades: [trade(1)], covers: { from: minute(1), to: minute(2) } });
  const found = await coverage.find({ symbol: SYMBOL, kind: 'trades', source: 'covers' });
  expect(found?.covered).toEqual([{ from: '2026-01-05T00:00:00.000000Z', to: '2026-01-05T00:02:00.000001Z' }]);
});

test('trades of before the first month and of months ahead find their partition', async () => {
  const { trades } = t.marketData;
  const of = { venue: 'months', symbol: SYMBOL };
  const far = [trade(1, { eventAt: '2011-01-01T00:00:00Z' }), trade(2, { eventAt: '2031-06-01T00:00:00Z' })];
  expect(await trades.record({ ...of, trades: far })).toMatchObject({ inserted: 2 });
  await expect(trades.record({ ...of, trades: [trade(3, { eventAt: '2190-01-01T00:00:00Z' })] })).rejects.toMatchObject(
    { kind: 'invalid-input', code: 'too-far-ahead' },
  );
});

test('small batches that come at once share a round trip; each has its own outcome, and its event its own flow', async () => {
  const { trades, coverage } = t.marketData;
  const of = { venue: 'shared', symbol: SYMBOL };
  const record = (i: number, more: object = {}) =>
    withContext({ correlationId: `shared-${i}` }, () => trades.record({ ...of, trades: [trade(i)], ...more }));
  const results = await Promise.all([
    record(0, { covers: { from: minute(0), to: minute(0) } }),
    ...Array.from({ length: 40 }, (_, i) => record(i + 1)),
    record(0),
    record(41, { trades: [trade(1, { price: '1' }), trade(41), trade(2)] }),
  ]);
  for (const result of results.slice(0, 41)) expect(result).toEqual({ inserted: 1, duplicates: 0, rejected: [] });
  expect(results[41]).toEqual({ inserted: 0, duplicates: 1, rejected: [] });
  expect(results[42]).toEqual({ inserted: 1, duplicates: 1, rejected: [{ index: 0, code: 'id-conflict' }] });
  const recorded = await Array.fromAsync(trades.list(of));
  expect(recorded.map(({ tradeId }) => tradeId)).toEqual(Array.from({ length: 42 }, (_, i) => String(i)));
  const covered = await coverage.find({ symbol: SYMBOL, kind: 'trades', source: 'shared' });
  expect(covered?.covered).toHaveLength(1);

  const told = async () =>
    (await t.box.events.all('trades.recorded')).filter(({ aggregateId }) => aggregateId === `shared/${SYMBOL}`);
  await expect.poll(async () => (await told()).length).toBe(42);
  expect((await told()).map(({ correlationId }) => correlationId)).toEqual(
    Array.from({ length: 42 }, (_, i) => `shared-${i}`),
  );
  const counted = async (metric: string) =>
    (await t.marketData.metrics.getSingleMetric(metric)!.get()).values.find(
      ({ labels }) => labels['batch'] === 'trades.record',
    )!.value;
  expect((await counted('adapter_batch_members_total')) - (await counted('adapter_batches_total'))).toBeGreaterThan(20);
});

test('at once from many callers, each trade is recorded once', async () => {
  const { trades } = t.marketData;
  const of = { venue: 'many', symbol: SYMBOL };
  const batch = Array.from({ length: 50 }, (_, i) => trade(i));
  const results = await Promise.all(Array.from({ length: 8 }, () => trades.record({ ...of, trades: batch })));
  expect(results.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(50);
  expect(results.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(350);
});
