import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDotenv, stackEnvironment, writeDotenv } from './index.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dotenv-'));
  path = join(folder, '.env');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a new file is for its owner alone, and reads as it was written', () => {
  const variables = { A: 'plain', B: 'with space # and "quotes"', C: 'postgres://u:p@h:1/db?x=y&z', D: '' };
  expect(readDotenv(path)).toEqual({});
  expect(writeDotenv(path, variables)).toEqual(['A', 'B', 'C', 'D']);
  expect(readDotenv(path)).toEqual(variables);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('what is there stays, with its comments, and only what is missing is added', () => {
  writeFileSync(path, '# mine\nexport A=1\n\nB=2 # two\n\n');
  chmodSync(path, 0o644);
  expect(writeDotenv(path, { A: '9', C: '3' })).toEqual(['C']);
  expect(readFileSync(path, 'utf8')).toBe('# mine\nexport A=1\n\nB=2 # two\nC=3\n');
  expect(writeDotenv(path, { A: '9', C: '3' })).toEqual([]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a value is replaced in its place when that is wanted', () => {
  writeFileSync(path, 'A=1\n# between\nB=2\n');
  expect(writeDotenv(path, { A: '1', B: '3' }, { replace: true })).toEqual(['B']);
  expect(readFileSync(path, 'utf8')).toBe('A=1\n# between\nB=3\n');
});

test('a value that no env file can hold is refused, and changes nothing', () => {
  writeFileSync(path, 'A=1\n');
  expect(() => writeDotenv(path, { B: 'two\nlines' })).toThrow('B cannot be written');
  expect(readFileSync(path, 'utf8')).toBe('A=1\n');
});

test('the variables of a stack keep passwords out of the URLs that services read', () => {
  const variables = stackEnvironment({
    adapters: ['EXCHANGE', 'RISK'],
    postgresPort: 5432,
    redisPort: 6379,
    postgresPassword: 'pg',
    redisPassword: 'rd',
  });
  expect(variables).toMatchObject({
    POSTGRES_URL: 'postgres://127.0.0.1:5432/postgres',
    REDIS_URL: 'redis://127.0.0.1:6379/0',
    TSE_ADMIN_POSTGRES_URL: 'postgres://postgres:pg@127.0.0.1:5432/postgres',
    TSE_ADMIN_REDIS_URL: 'redis://default:rd@127.0.0.1:6379/0',
  });
  const passwords = ['EXCHANGE', 'RISK'].flatMap((adapter) => [
    variables[`${adapter}_POSTGRES_PASSWORD`],
    variables[`${adapter}_REDIS_PASSWORD`],
  ]);
  expect(new Set(passwords).size).toBe(4);
  for (const password of passwords) expect(password).toMatch(/^[\w-]{32}$/);
});
