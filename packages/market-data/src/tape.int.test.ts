import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TradeInput } from './index.ts';
import { SYMBOL, type TestMarketData, minute, testMarketData } from './test-market-data.ts';
import { verifyTape } from './tooling/tape-identity.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData({ start: minute(0) });
});
afterAll(() => t[Symbol.asyncDispose]());

/** The same numbers each time. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test('two processes record trades late, twice and out of order while candles are closed: the tape holds', async () => {
  const other = t.box.open('marketData');
  const venues = ['a', 'b'];
  const next = draws(7);
  const trades: TradeInput[] = Array.from({ length: 3000 }, (_, i) => ({
    tradeId: String(i),
    eventAt: new Date(Date.parse(minute(0)) + Math.floor(next() * 7200) * 1000),
    price: (100 + Math.floor(next() * 1000) / 100).toFixed(2),
    quantity: (1 + Math.floor(next() * 100_000)) / 1e5 + '',
    ...(next() > 0.1 && { takerSide: next() > 0.5 ? ('buy' as const) : ('sell' as const) }),
  }));
  const feeder = async (adapter: typeof t.marketData, venue: string, seed: number) => {
    const pick = draws(seed);
    for (let round = 0; round < 40; round += 1) {
      const from = Math.floor(pick() * 2900);
      await adapter.trades.record({ venue, symbol: SYMBOL, trades: trades.slice(from, from + 100) });
      if (round % 4 === 0) await t.box.clock.advance('PT3M');
    }
    for (let from = 0; from < trades.length; from += 500)
      await adapter.trades.record({ venue, symbol: SYMBOL, trades: trades.slice(from, from + 500) });
  };
  const feeders = [t.marketData, other].flatMap((adapter, a) =>
    venues.map((venue, v) => feeder(adapter, venue, 10 * a + v + 1)),
  );
  await Promise.all(feeders);
  await t.box.clock.advance('PT5H');
  for (const venue of venues) {
    expect((await t.marketData.trades.listSeries()).find((each) => each.venue === venue)?.count).toBe(3000);
    await t.marketData.candles.build({ symbol: SYMBOL, source: venue });
  }
  await t.marketData.candles.recompute();
  const waiting = async () => {
    await using facts = await t.facts();
    return (await facts.query<{ n: number }>('select count(*) as n from facts_candle_dirty'))[0]!.n;
  };
  await expect.poll(waiting, { timeout: 30_000 }).toBe(0);
  await using facts = await t.facts();
  const tape = await verifyTape(facts, t.marketData);
  expect(tape).toMatchObject({ ok: true, differences: [] });
  expect(tape.compared).toBeGreaterThan(300);
}, 120_000);
