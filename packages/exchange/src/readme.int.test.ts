import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { exchangeEvents } from './events.ts';
import { firstTrade } from './example.ts';
import { families } from './keys.ts';
import { testExchange } from './test-exchange.ts';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

test('the README shows the example as it is run, and it does what it says', async () => {
  expect(await read('../README.md')).toContain(`\`\`\`ts\n${await read('./example.ts')}\`\`\``);
  await using t = await testExchange({ bare: true });
  const { trade, balances } = await firstTrade(t.exchange);
  expect(trade).toMatchObject({
    id: 't1',
    sequence: 1,
    quoteQuantity: '2990',
    taker: { accountId: 'alice', fee: '5.98' },
  });
  expect(balances).toEqual([
    { asset: 'BTC', available: '0.1', held: '0', total: '0.1' },
    { asset: 'USD', available: '7004.02', held: '0', total: '7004.02' },
  ]);
  // All of it again is the same.
  expect(await firstTrade(t.exchange)).toEqual({ trade, balances });
});

test('the README names every port with its methods, every key family, event and worker', async () => {
  const readme = await read('../README.md');
  await using t = await testExchange({ bare: true });
  const { accounts, markets, ledger, balances, holds, orders, matches, trades, orderBooks, sessions, liabilities } =
    t.exchange;
  const inner = new Set(['constructor', 'expireDue', 'archive', 'sync', 'syncAll']);
  for (const [port, implementation] of Object.entries({
    accounts,
    markets,
    ledger,
    balances,
    holds,
    orders,
    matches,
    trades,
    orderBooks,
    sessions,
    liabilities,
  })) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${port}\``));
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(implementation)).filter(
      (name) => !inner.has(name),
    );
    for (const method of methods) expect(row, port).toContain(`\`${method}\``);
  }
  for (const { noun } of Object.values(families)) expect(readme).toContain(`\`exchange:${noun}:{`);
  for (const type of Object.keys(exchangeEvents.types)) expect(readme).toContain(`| \`${type}\``);
  for (const { name } of (await t.exchange.health()).workers) expect(readme, name).toContain(`\`${name}\``);
});
