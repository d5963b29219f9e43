import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { testCoordinatorEvents } from './events.ts';
import { firstRun } from './example.ts';
import { families } from './keys.ts';
import { testCoordinator } from './test-run.ts';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

test('the README shows the example as it is run, and it does what it says', async () => {
  expect(await read('../README.md')).toContain(`\`\`\`ts\n${await read('./example.ts')}\`\`\``);
  await using t = await testCoordinator();
  const { run, fault } = await firstRun(t.coordinator);
  expect(run).toMatchObject({ status: 'completed', score: 100, seed: '42', exitCode: 0 });
  expect(fault).toMatchObject({ state: 'undone', kind: 'price-crash' });
});

test('the scenario that the README shows is taken in as it stands', async () => {
  const [, text] = /^```yaml\n(.*?)^```$/ms.exec(await read('../README.md'))!;
  await using t = await testCoordinator();
  const { scenarioId } = await t.coordinator.scenarios.publish({ text: text!, status: 'active' });
  expect(scenarioId).toBe('my-depeg');
});

test('the README names every port with its methods, every key family, event and worker', async () => {
  const readme = await read('../README.md');
  await using t = await testCoordinator();
  const { scenarios, schedules, jobs, locks, runs, faults, validations, invariants, snapshots, reports } =
    t.coordinator;
  const ports = { scenarios, schedules, jobs, locks, runs, faults, validations, invariants, snapshots, reports };
  const inner = new Set(['constructor', 'fireDue', 'interruptLost', 'reap']);
  for (const [port, implementation] of Object.entries(ports)) {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${port}\``));
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(implementation)).filter(
      (name) => !inner.has(name),
    );
    for (const method of methods) expect(row, port).toContain(`\`${method}\``);
  }
  for (const { noun } of Object.values(families)) expect(readme).toContain(`\`test:${noun}:{`);
  for (const type of Object.keys(testCoordinatorEvents.types)) expect(readme).toContain(`| \`${type}\``);
  for (const { name } of (await t.coordinator.health()).workers) expect(readme, name).toContain(`\`${name}\``);
});
