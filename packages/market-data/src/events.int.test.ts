import type { z } from 'zod';
import { expect, test } from 'vitest';
import { marketDataEvents } from './events.ts';
import { SYMBOL, minute, testMarketData } from './test-market-data.ts';

const types = Object.keys(marketDataEvents.types) as (keyof typeof marketDataEvents.types)[];

test('what is published is what the catalog says, to the field, of every type', async () => {
  await using t = await testMarketData({ start: minute(60) });
  const { instruments, trades, candles, quality, manipulations, scenarios, scenarioRuns } = t.marketData;
  await instruments.changeStatus({ symbol: 'ETH-USD', status: 'inactive' });
  const trade = (tradeId: string, n: number) => ({ tradeId, eventAt: minute(n), price: '100', quantity: '1' });
  await trades.record({ venue: 'v', symbol: SYMBOL, trades: [trade('1', 0), trade('2', 6)] });
  await candles.build({ symbol: SYMBOL, source: 'v', until: minute(30) });
  await trades.record({ venue: 'v', symbol: SYMBOL, trades: [trade('3', 1)] });
  await candles.recompute();
  const bar = { open: '1', high: '1', low: '1', close: '1', baseVolume: '1' };
  const bars = Array.from({ length: 2500 }, (_, i) => ({ ...bar, openTime: minute(i) }));
  await candles.upsert({ symbol: SYMBOL, interval: '1m', source: 'loaded', candles: bars });
  await candles.upsert({
    symbol: SYMBOL,
    interval: '1m',
    source: 'loaded',
    candles: [{ ...bars[3]!, baseVolume: '2' }],
  });
  await quality.sweep({ symbol: SYMBOL, source: 'loaded', from: minute(-5), to: minute(3) });
  await manipulations.plan({
    manipulationId: 'm1',
    symbol: SYMBOL,
    kind: 'pump-and-dump',
    modifier: { priceShiftBps: 150 },
    endsAt: minute(90),
    cause: 'test',
  });
  await manipulations.inject({ manipulationId: 'm1' });
  await scenarios.define({
    scenarioId: 's1',
    name: 'one',
    spec: {
      type: 'crash',
      model: 'brownian-motion',
      symbols: [{ symbol: SYMBOL, startPrice: '100' }],
      duration: 'PT1M',
      step: 'PT1S',
    },
  });
  await scenarioRuns.start({ scenarioRunId: 'r1', scenarioId: 's1', seed: '1' });
  await scenarioRuns.change({ scenarioRunId: 'r1', state: 'stopped', reason: 'enough' });

  const written = async () => {
    await using facts = await t.facts();
    return (await facts.query<{ n: number }>('select count(*) as n from facts_events'))[0]!.n;
  };
  const total = await written();
  await expect.poll(async () => (await t.box.events.all()).length).toBe(total);
  const published = await t.box.events.all();
  expect([...new Set(published.map(({ type }) => type))].toSorted()).toEqual(types.toSorted());
  expect(published.map(({ publishSeq }) => publishSeq)).toEqual(published.map((_, i) => i + 1));
  const last = new Map<string, number>();
  for (const { type, payload, aggregate, aggregateId, aggregateVersion } of published) {
    const schema = marketDataEvents.types[type as (typeof types)[number]].payload as z.ZodObject;
    expect(schema.strict().safeParse(payload).error, `${type} ${JSON.stringify(payload)}`).toBeUndefined();
    const of = `${aggregate} ${aggregateId}`;
    expect(aggregateVersion).toBeGreaterThan(last.get(of) ?? 0);
    last.set(of, aggregateVersion);
  }
});

test.each(types)('the example of %s is one', (type) => {
  expect(marketDataEvents.example(type)).toMatchObject({ type, source: 'market_data' });
});

test('the example of the price feed is one', () => {
  const { payload, example } = marketDataEvents.priceFeed;
  expect(payload.safeParse(example).success).toBe(true);
});
