import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDotenv, writeDotenv } from './servers/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-'));
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const command = ['--conditions=@tse/source', join(import.meta.dirname, 'stack.ts')];
const env = { ...process.env, INFRA: 'embedded' };
const stack = (...args: string[]) => promisify(execFile)(process.execPath, [...command, ...args], { cwd: folder, env });

test('help is printed, and a wrong word is refused', async () => {
  expect((await stack('--help')).stdout).toMatch(/^pnpm stack \[env\]/);
  await expect(stack('down')).rejects.toMatchObject({
    code: 1,
    stderr: 'pnpm stack takes only the word env, not down.\n',
  });
  await expect(stack('--nonsense')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Unknown option '--nonsense'"),
  });
});

test('env writes once, and then leaves what is there', async () => {
  const first = JSON.parse((await stack('env', '--json', '--adapters', 'EXCHANGE')).stdout) as {
    file: string;
    wrote: string[];
  };
  expect(first.wrote).toContain('EXCHANGE_POSTGRES_PASSWORD');
  const text = await readFile(first.file, 'utf8');
  const { stdout, stderr } = await stack('env', '--json', '--adapters', 'EXCHANGE,RISK');
  expect(JSON.parse(stdout)).toMatchObject({ wrote: ['RISK_POSTGRES_PASSWORD', 'RISK_REDIS_PASSWORD'] });
  expect(await readFile(first.file, 'utf8')).toContain(text);
  for (const name of first.wrote.filter((each) => each.includes('PASSWORD')))
    expect(stderr).not.toContain(readDotenv(first.file)[name]);
});

test('servers are up as the env file says until they are interrupted, and no password is printed', async () => {
  const up = spawn(process.execPath, [...command, '--data', join(folder, 'data'), '--json'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(up, 'exit');
  let stderr = '';
  up.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [stdout] = (await once(up.stdout.setEncoding('utf8'), 'data')) as [string];
  const variables = readDotenv(join(folder, '.env'));
  expect(JSON.parse(stdout)).toMatchObject({
    postgres: { url: variables['POSTGRES_URL'], origin: 'embedded' },
    redis: { url: variables['REDIS_URL'], origin: 'embedded' },
  });

  const client = new Client(variables['TSE_ADMIN_POSTGRES_URL']);
  await client.connect();
  expect((await client.query('select 1 as x')).rows).toEqual([{ x: 1 }]);
  await client.end();
  const redis = new Redis(variables['TSE_ADMIN_REDIS_URL'] ?? '');
  expect(await redis.ping()).toBe('PONG');
  redis.disconnect();

  up.kill('SIGINT');
  expect(await exit).toEqual([0, null]);
  for (const variable of ['TSE_ADMIN_POSTGRES_URL', 'TSE_ADMIN_REDIS_URL'])
    expect(stdout + stderr).not.toContain(new URL(variables[variable] ?? '').password);
  await expect(new Client(variables['TSE_ADMIN_POSTGRES_URL']).connect()).rejects.toThrow('ECONNREFUSED');
});

test('an env file that names a server elsewhere is refused', async () => {
  writeDotenv(join(folder, '.env'), { TSE_ADMIN_POSTGRES_URL: 'postgres://me:secret@db.example.com:5432/x' });
  await expect(stack()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('TSE_ADMIN_POSTGRES_URL in .env names no server on this machine'),
  });
});
