import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { auditEvents } from './events.ts';
import { firstChain } from './example.ts';
import { families } from './keys.ts';
import { testAudit } from './test-audit.ts';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

test('the README shows the example as it is run, and it does what it says', async () => {
  expect(await read('../README.md')).toContain(`\`\`\`ts\n${await read('./example.ts')}\`\`\``);
  await using t = await testAudit();
  const { proven, tree } = await firstChain(t.audit);
  expect(proven).toBe(true);
  expect(tree).toEqual([
    expect.stringMatching(/^price\.moved {2}desk {2}BTC-USD /),
    expect.stringMatching(/^↓ \+\d+\.\d{3} ms$/),
    expect.stringMatching(/^alert\.raised {2}desk {2}a1 /),
    expect.stringMatching(/^└─ \+\d+\.\d{3} ms {2}page\.sent {2}desk {2}p1 /),
  ]);
  // All of it again is the same.
  expect(await firstChain(t.audit)).toEqual({ proven, tree });
});

test('the README names every port with its methods, every key family, event and worker', async () => {
  const readme = await read('../README.md');
  await using t = await testAudit();
  const { trail, sources, blocks, retention, subjects, telemetry, chains, timelines, correlations } = t.audit;
  const { exports, accessLog, runs } = t.audit;
  const ports = {
    trail,
    sources,
    blocks,
    retention,
    subjects,
    telemetry,
    chains,
    timelines,
    correlations,
    exports,
    accessLog,
    runs,
  };
  const inner = new Set(['constructor', 'archiveDue', 'treePath', 'all', 'followed', 'advance', 'logged']);
  for (const [port, implementation] of Object.entries(ports)) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${port}\``));
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(implementation)).filter(
      (name) => !inner.has(name),
    );
    for (const method of methods) expect(row, port).toContain(`\`${method}\``);
  }
  for (const { noun } of Object.values(families)) expect(readme).toContain(`\`audit:${noun}:{`);
  for (const type of Object.keys(auditEvents.types)) expect(readme).toContain(`| \`${type}\``);
  for (const { name } of (await t.audit.health()).workers) expect(readme, name).toContain(`\`${name}\``);
});
