import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adapterOptions, adminAccess, passwordsOf, readEnvironment } from './environment.ts';

const exchange = { name: 'exchange', schema: 'exchange', prefix: 'exchange' };
const admin = {
  TSE_ADMIN_POSTGRES_URL: 'postgres://postgres:secret@db:5433/trading',
  TSE_ADMIN_REDIS_URL: 'redis://default:secret@cache:6380/0',
};
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tse-environment-'));
  writeFileSync(join(folder, '.env'), 'A=file\nB=file\nC=file\n');
  writeFileSync(join(folder, 'password'), 'from-the-file\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the process wins over .env, an empty variable does not', () => {
  expect(readEnvironment({ A: 'process', B: '', D: 'process' }, folder)).toEqual({
    A: 'process',
    B: 'file',
    C: 'file',
    D: 'process',
  });
  expect(readEnvironment({ A: 'process' }, join(folder, 'nowhere'))).toEqual({ A: 'process' });
});

test('without servers it says how to get some, in one sentence', () => {
  expect(() => adminAccess({})).toThrow(
    /^TSE_ADMIN_POSTGRES_URL is set neither in the environment nor in \.env: `pnpm stack` starts/,
  );
  expect(() => adminAccess({ TSE_ADMIN_POSTGRES_URL: 'x' })).toThrow(/^TSE_ADMIN_REDIS_URL/);
});

test('finds passwords by instance, in a variable or in a file', () => {
  const env = { EXCHANGE_POSTGRES_PASSWORD: 'plain', EXCHANGE_OKX_REDIS_PASSWORD_FILE: join(folder, 'password') };
  expect(passwordsOf(exchange, undefined, env)).toEqual({ postgres: 'plain' });
  expect(passwordsOf(exchange, 'okx', env)).toEqual({ redis: 'from-the-file' });
});

test('an adapter is opened on the same servers, as itself', () => {
  expect(adapterOptions(exchange, 'okx', { ...admin, EXCHANGE_OKX_POSTGRES_PASSWORD: 'pw' })).toMatchObject({
    instance: 'okx',
    postgres: { url: 'postgres://db:5433/trading', password: 'pw' },
    redis: { url: 'redis://cache:6380/0' },
    workers: false,
  });
  const own = {
    ...admin,
    POSTGRES_URL: 'postgres://shared:x@shared/db',
    EXCHANGE_REDIS_URL: 'redis://me:mine@own:1/0',
    EXCHANGE_POSTGRES_USER: 'me',
  };
  expect(adapterOptions(exchange, undefined, own)).toMatchObject({
    postgres: { url: 'postgres://shared/db', user: 'me' },
    redis: { url: 'redis://me:mine@own:1/0' },
    workers: false,
  });
});
