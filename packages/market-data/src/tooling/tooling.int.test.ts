import { queryBuilder } from '@tse/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../schema.ts';
import { SYMBOL, type TestMarketData, testMarketData } from '../test-market-data.ts';
import { tooling } from './tooling.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData({ bare: true, options: { workers: ['relay-events', 'keep-epoch', 'archive-live'] } });
});
afterAll(() => t[Symbol.asyncDispose]());

const context = () => ({
  options: { ...t.box.options('marketData'), workers: false },
  progress: () => {},
  signal: new AbortController().signal,
});
const verify = async () => {
  await using facts = await t.facts();
  const [tape] = await tooling.verify!({ ...context(), facts, factsOf: () => Promise.resolve(undefined) });
  return tape!;
};
const spoil = (query: ReturnType<typeof sql>) =>
  t.stores.pg.query('test', 'write', { compile: () => query.compile(queryBuilder<Tables>()) });

test('seeding again changes nothing', async () => {
  const seeded = await tooling.seed!(context());
  expect(seeded).toEqual({ instruments: 5, trades: 1440, candles: 240, scenarios: 1 });
  // As they are written: what the relay has told of them yet is its own affair.
  const written = async () => {
    await using facts = await t.facts();
    return (await facts.query<{ n: number }>('select count(*) as n from facts_events'))[0]!.n;
  };
  const before = await written();
  expect(before).toBeGreaterThan(6);
  expect(await tooling.seed!(context())).toEqual(seeded);
  expect(await written()).toBe(before);
  expect((await t.marketData.instruments.list()).items.map(({ symbol }) => symbol)).toContain('ETH-USDT');
});

test('what holds is said to hold, with how much was compared', async () => {
  const ticks = Array.from({ length: 1200 }, (_, i) => ({
    symbol: SYMBOL,
    source: i % 3 === 0 ? 'a' : 'b',
    eventAt: '2026-01-01T00:00:00Z',
    sequence: i,
    price: '1.5',
  }));
  await t.marketData.prices.record(ticks);
  await expect
    .poll(async () => (await t.marketData.prices.list({ symbol: SYMBOL, source: 'a', limit: 1000 })).items.length)
    .toBe(400);
  const tape = await verify();
  expect(tape).toMatchObject({ name: 'tape', ok: true, differences: [] });
  expect(tape.compared).toBeGreaterThan(240 + 1000);
});

test.each([
  {
    what: 'a price of a candle',
    by: sql`update candles set close = close - 0.01, low = least(low, close - 0.01) where interval = '1h' and symbol = 'BTC-USD' and open_time = '2026-01-01T00:00:00Z'`,
    says: /BTC-USD 1h exchange at 2026-01-01/,
  },
  {
    what: 'a volume of a candle',
    by: sql`update candles set base_volume = base_volume + 0.01 where interval = '1m' and symbol = 'ETH-USD'`,
    says: /ETH-USD 1m exchange/,
  },
  {
    what: 'a trade in no candle',
    by: sql`insert into trades (venue, symbol, event_at, venue_trade_id, price, qty, quote_qty, recorded_at)
      values ('exchange', 'BTC-USD', '2026-01-01T00:00:01Z', 'odd', 30000, 1, 30000, clock_timestamp())`,
    says: /720 trades counted, 721 there/,
  },
])('$what that is wrong is found, and named', async ({ by, says }) => {
  await spoil(by);
  const tape = await verify();
  expect(tape.ok).toBe(false);
  expect(tape.differences!.join('\n')).toMatch(says);
});

test('a ring that lost one is found, and named', async () => {
  const key = t.keys.ticks(SYMBOL);
  await t.stores.redis.write('test', async (client) => client.lrem(key, 1, (await client.lindex(key, 10))!));
  expect((await verify()).differences!.join('\n')).toMatch(/BTC-USD [ab]: the ring has \d+, the tables \d+/);
});
