import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { marketDataEvents } from './events.ts';
import { firstCandles } from './example.ts';
import { families } from './keys.ts';
import { testMarketData } from './test-market-data.ts';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

test('the README shows the example as it is run, and it does what it says', async () => {
  expect(await read('../README.md')).toContain(`\`\`\`ts\n${await read('./example.ts')}\`\`\``);
  await using t = await testMarketData({ bare: true, options: { workers: ['keep-epoch', 'relay-events'] } });
  const { price, minute } = await firstCandles(t.marketData);
  expect(price).toBe('30000.5');
  expect(minute).toMatchObject({
    open: '29800',
    high: '30100',
    low: '29800',
    close: '30100',
    baseVolume: '1.5',
    quoteVolume: '44900',
    tradeCount: 3,
    revision: 2,
  });
  // All of it again is the same.
  expect(await firstCandles(t.marketData)).toEqual({ price, minute });
});

test('the README names every port with its methods, every key family, event and worker', async () => {
  const readme = await read('../README.md');
  await using t = await testMarketData({ bare: true });
  const inner = new Set([
    'constructor',
    'restore',
    'close',
    'buildDue',
    'tradesRecorded',
    'scalesOf',
    'symbols',
    'reportLosses',
    'rebuild',
    'endDue',
  ]);
  const { instruments, prices, trades, quotes, candles, orderBooks, coverage, quality, retention } = t.marketData;
  const { scenarios, scenarioRuns, manipulations, correlations } = t.marketData;
  for (const [port, implementation] of Object.entries({
    instruments,
    prices,
    trades,
    quotes,
    candles,
    orderBooks,
    coverage,
    quality,
    retention,
    scenarios,
    scenarioRuns,
    manipulations,
    correlations,
  })) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${port}\``));
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(implementation)).filter(
      (name) => !inner.has(name),
    );
    for (const method of methods) expect(row, port).toContain(`\`${method}\``);
  }
  for (const { noun } of Object.values(families)) expect(readme).toContain(`\`market:${noun}:{`);
  for (const type of Object.keys(marketDataEvents.types)) expect(readme).toContain(`| \`${type}\``);
  for (const { name } of (await t.marketData.health()).workers) expect(readme, name).toContain(`\`${name}\``);
});
