import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { tradingEvents } from './events.ts';
import { firstPosition } from './example.ts';
import { families } from './keys.ts';
import { testTrading } from './test-trading.ts';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

test('the README shows the example as it is run, and it does what it says', async () => {
  expect(await read('../README.md')).toContain(`\`\`\`ts\n${await read('./example.ts')}\`\`\``);
  await using t = await testTrading({ bare: true });
  const { position, equity, metrics } = await firstPosition(t.trading);
  expect(position).toMatchObject({ quantity: '0.06', realized: '40', fees: '4.24', averageEntryPrice: '30000' });
  expect(equity).toBe('10125.76');
  expect(metrics.find(({ name }) => name === 'total-return')!.value).toBeCloseTo(0.012576, 12);
  expect(metrics.find(({ name }) => name === 'sharpe')).toMatchObject({ reason: 'too-few-samples' });
});

test('the README names every port with its methods, every key family, event and worker', async () => {
  const readme = await read('../README.md');
  await using t = await testTrading({ bare: true });
  const { strategies, deployments, signals, orders, fills, positions, portfolio, performance, backtests, studies } =
    t.trading;
  const inner = new Set(['constructor', 'thin', 'countQuarantined']);
  for (const [port, implementation] of Object.entries({
    strategies,
    deployments,
    signals,
    orders,
    fills,
    positions,
    portfolio,
    performance,
    backtests,
    studies,
  })) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${port}\``));
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(implementation)).filter(
      (name) => !inner.has(name),
    );
    for (const method of methods) expect(row, port).toContain(`\`${method}\``);
  }
  for (const { noun } of Object.values(families)) expect(readme).toContain(`\`trading:${noun}:{`);
  for (const type of Object.keys(tradingEvents.types)) expect(readme).toContain(`| \`${type}\``);
  for (const { name } of (await t.trading.health()).workers) expect(readme, name).toContain(`\`${name}\``);
});
