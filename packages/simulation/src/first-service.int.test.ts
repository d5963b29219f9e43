import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '@tse/core';
import { tooling } from '@tse/exchange/tooling';
import { startServers } from '@tse/testkit/servers';
import { expect, test } from 'vitest';
import { openDemoAdapters } from './demo-adapters.ts';

const file = fileURLToPath(new URL('first-service.ts', import.meta.url));
const readme = new URL('../../../README.md', import.meta.url);

test('the README shows the file as it is', async () => {
  expect(await readFile(readme, 'utf8')).toContain(`\`\`\`ts\n${await readFile(file, 'utf8')}\`\`\``);
});

test('it trades, shows a portfolio, and says what a refusal is; run again it does nothing twice', async () => {
  const own = { ...process.env, TSE_TEST_POSTGRES_URL: '', TSE_TEST_REDIS_URL: '' }; // elsewhere it would be an instance
  await using servers = await startServers({ purpose: 'demo', env: own, log: () => {} });
  await using demo = await openDemoAdapters(servers, systemClock);
  await tooling.seed!({ options: demo.options('exchange'), progress: () => {}, signal: new AbortController().signal });
  const run = () =>
    promisify(execFile)(process.execPath, ['--conditions=@tse/source', file], {
      env: { ...process.env, ...demo.environment, LOG_LEVEL: 'error' },
    });
  const { stdout } = await run();
  expect(stdout).toContain('traded 0.1 at 29900');
  expect(stdout).toContain('BTC: 10.1 available, 0 held');
  expect(stdout).toContain('409 insufficient-funds');
  expect((await run()).stdout).toBe(stdout);
});
