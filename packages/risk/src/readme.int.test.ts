import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { riskEvents } from './events.ts';
import { firstBreach } from './example.ts';
import { families } from './keys.ts';
import { testRisk } from './test-risk.ts';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

test('the example of the README is the file, and does what it says', async () => {
  const [readme, example] = await Promise.all([read('../README.md'), read('example.ts')]);
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  await using t = await testRisk({ start: new Date() });
  const { allowed, refused, position, breach, summary } = await firstBreach(t.risk, () => Promise.resolve());
  expect(allowed).toMatchObject({ decision: 'allow', code: 'allowed' });
  expect(refused).toMatchObject({ decision: 'deny', code: 'position-exceeded', observed: '1.1', limit: '1' });
  expect(position).toMatchObject({ quantity: '0.8', averagePrice: '29900' });
  expect(breach).toMatchObject({ severity: 'high', observed: '0.8' });
  expect(summary.exposure.gross).toBe('24000');
});

test('the README names every port with its methods, every key family, event and worker', async () => {
  const readme = await read('../README.md');
  await using t = await testRisk();
  const { positions, marks, pnl, limits, checks, breaches, alerts, escalations, riskMetrics, reports } = t.risk;
  const inner = new Set(['constructor', 'expireDue', 'escalateDue', 'revalue', 'calculateRiskMetrics']);
  const ports = { positions, marks, pnl, limits, checks, breaches, alerts, escalations, riskMetrics, reports };
  for (const [port, implementation] of Object.entries(ports)) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${port}\``));
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(implementation)).filter(
      (name) => !inner.has(name),
    );
    for (const method of methods) expect(row, port).toContain(`\`${method}\``);
  }
  for (const { noun } of Object.values(families)) expect(readme).toContain(`\`risk:${noun}:{`);
  for (const type of Object.keys(riskEvents.types)) expect(readme).toContain(`| \`${type}\``);
  for (const { name } of (await t.risk.health()).workers) expect(readme, name).toContain(`\`${name}\``);
});
