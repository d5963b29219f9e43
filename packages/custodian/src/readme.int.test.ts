import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { custodianEvents } from './events.ts';
import { firstSettlement } from './example.ts';
import { families } from './keys.ts';
import { testCustodian } from './test-custodian.ts';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

test('the README shows the example as it is run, and it does what it says', async () => {
  expect(await read('../README.md')).toContain(`\`\`\`ts\n${await read('./example.ts')}\`\`\``);
  await using t = await testCustodian({ bare: true });
  const { settlement, transfer, holdings } = await firstSettlement(t.custodian);
  expect(settlement).toMatchObject({ status: 'settled', legs: [{ settled: '0.1' }, { settled: '2990' }] });
  expect(transfer).toMatchObject({ status: 'completed', amount: '2990' });
  expect(holdings).toMatchObject([
    { asset: 'BTC', settled: '0.9' },
    { asset: 'USD', settled: '0', reserved: '0' },
  ]);
});

test('the README names every port with its methods, every key family, event and worker', async () => {
  const readme = await read('../README.md');
  await using t = await testCustodian({ bare: true });
  const {
    accounts,
    holdings,
    calendars,
    settlements,
    netting,
    transfers,
    policies,
    approvals,
    wallets,
    reconciliations,
    holdingSnapshots,
  } = t.custodian;
  const ports = {
    accounts,
    holdings,
    calendars,
    settlements,
    netting,
    transfers,
    policies,
    approvals,
    wallets,
    reconciliations,
    holdingSnapshots,
  };
  const inner = new Set(['constructor', 'processSettlement', 'expireDue']);
  for (const [port, implementation] of Object.entries(ports)) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${port}\``));
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(implementation)).filter(
      (name) => !inner.has(name) && !(port === 'netting' && name === 'settleDue'),
    );
    for (const method of methods) expect(row, port).toContain(`\`${method}\``);
  }
  expect(readme).toContain('`processSettlement`');
  for (const { noun } of Object.values(families)) expect(readme).toContain(`\`custodian:${noun}:{`);
  for (const type of Object.keys(custodianEvents.types)) expect(readme).toContain(`| \`${type}\``);
  for (const { name } of (await t.custodian.health()).workers) expect(readme, name).toContain(`\`${name}\``);
});
