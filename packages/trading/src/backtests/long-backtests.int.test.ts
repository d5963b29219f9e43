import { expect, test } from 'vitest';
import { testTrading } from '../test-trading.ts';

const A_BATCH = 2000;
const HOUR = 3_600_000;

test('a long run is taken in batch by batch, each in about the time of the first, and measured', async () => {
  await using t = await testTrading({ options: { workers: false } });
  const { backtests } = t.trading;
  await backtests.start({
    backtestId: 'long',
    strategyId: 's',
    strategyVersion: 1,
    engineVersion: '1',
    dataSnapshot: 'x',
    dataSha256: 'a'.repeat(64),
    from: '2020-01-01T00:00:00Z',
    to: '2023-01-01T00:00:00Z',
    startingEquity: '100000',
  });
  const at = (n: number) => new Date(Date.UTC(2020, 0, 1) + n * HOUR).toISOString();
  const times: number[] = [];
  for (let from = 0; from < 10 * A_BATCH; from += A_BATCH) {
    const trades = Array.from({ length: A_BATCH }, (_, i) => ({
      n: from + i,
      symbol: 'BTC-USD',
      direction: 'long' as const,
      quantity: '1',
      openPrice: '100',
      closePrice: ['99', '99.6', '100.2', '100.8', '101.4'][i % 5]!,
      fees: '0.1',
      openedAt: at(from + i),
      closedAt: at(from + i + 1),
    }));
    const started = performance.now();
    await backtests.append({ backtestId: 'long', trades }, { deadlineMs: 60_000 });
    times.push(performance.now() - started);
  }
  const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
  // A scan for each row made the second batch ten times as slow as the first, and each further one slower still.
  expect(median(times.slice(5))).toBeLessThan(8 * median(times.slice(0, 5)));
  const { metrics, backtest } = await backtests.complete({ backtestId: 'long' }, { deadlineMs: 60_000 });
  expect(backtest.trades).toBe(10 * A_BATCH);
  expect(metrics.find(({ name }) => name === 'expectancy')!.value).toBeCloseTo(0.1, 9);
  expect(metrics.find(({ name }) => name === 'win-rate')!.value).toBeCloseTo(0.6, 12);
}, 300_000);
