import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

const fixture = join(import.meta.dirname, 'run-that-ends.fixture.ts');

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const endings: [how: string, argument: string, signal?: NodeJS.Signals][] = [
  ['stops its servers', 'stop'],
  ['ends without stopping them', 'return'],
  ['ends with its servers halted', 'halted'],
  ['ends with its servers killed', 'killed'],
  ['dies of an error', 'throw'],
  ['is interrupted', 'wait', 'SIGINT'],
  ['is killed', 'wait', 'SIGKILL'],
];

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'left-behind-'));
  await chmod(folder, 0o777);
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const leftIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith('tse-'));

const run = (folder: string, argument: string, env: NodeJS.ProcessEnv = {}) =>
  spawn(process.execPath, ['--conditions=@tse/source', fixture, argument], {
    env: { ...process.env, ...env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  });

test.concurrent.for(endings)('nothing is left behind by a run that %s', async ([, argument, signal], { expect }) => {
  await inFolder(async (folder) => {
    const child = run(folder, argument);
    const exit = once(child, 'exit');
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const pids = JSON.parse(line) as number[];
    expect(pids).toHaveLength(2);
    if (signal !== undefined) {
      expect(pids.map(runs)).toEqual([true, true]);
      child.kill(signal);
    }
    await exit;
    await expect.poll(() => pids.map(runs), { timeout: 15_000 }).toEqual([false, false]);
    await expect.poll(() => leftIn(folder), { timeout: 15_000 }).toEqual([]);
  });
});

test('nothing is left behind by runs that are killed while their servers start', async () => {
  await inFolder(async (folder) => {
    const children = Array.from({ length: 6 }, () => run(folder, 'wait', { INFRA: 'embedded' }));
    await expect.poll(() => leftIn(folder), { timeout: 15_000, interval: 5 }).not.toEqual([]);
    for (const child of children) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      await sleep(20);
    }
    await expect.poll(() => leftIn(folder), { timeout: 15_000 }).toEqual([]);
  });
});
