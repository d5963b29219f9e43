import { expect, test } from 'vitest';
import { SYMBOL, testMarketData } from '../test-market-data.ts';

test('months whose time is over leave their table, and nothing without a policy does', async () => {
  await using t = await testMarketData({ start: new Date(), options: { workers: false } });
  const { retention, trades } = t.marketData;
  const of = { venue: 'v', symbol: SYMBOL };
  const trade = (tradeId: string, eventAt: string) => ({ tradeId, eventAt, price: '1', quantity: '1' });
  const now = t.box.clock.now();
  await trades.record({ ...of, trades: [trade('old', '2015-01-01T00:00:00Z'), trade('new', now)] });
  expect(await retention.retire()).toEqual([]);
  expect(await retention.keepFor({ kind: 'trades', keepDays: 36_500 })).toEqual({
    kind: 'trades',
    keepDays: 36_500,
    version: 1,
  });
  expect(await retention.retire()).toEqual([]);
  // A month more than the current one is old: what was before the first month is over.
  expect(await retention.keepFor({ kind: 'trades', keepDays: 30 })).toEqual({
    kind: 'trades',
    keepDays: 30,
    version: 2,
  });
  expect(await retention.keepFor({ kind: 'trades', keepDays: 30 })).toMatchObject({ version: 2 });
  await t.box.clock.advance('P40D');
  expect(await retention.retire()).toEqual([{ kind: 'trades', partition: 'trades_before' }]);
  expect((await trades.list(of)).items.map(({ tradeId }) => tradeId)).toEqual(['new']);
  expect(await retention.list()).toEqual([{ kind: 'trades', keepDays: 30, version: 2 }]);
  expect(await retention.retire()).toEqual([]);
});
