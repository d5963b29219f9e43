import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InputError } from '../input-error.ts';
import { readLines } from './lines.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lines-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('lines keep their numbers; empty ones, a byte order mark and the ends of Windows lines are nothing', async () => {
  const path = join(folder, 'mixed.csv');
  await writeFile(path, '\uFEFFone\r\n\r\nthree\n  \nfive');
  expect(await Array.fromAsync(readLines(path))).toEqual([
    { number: 1, text: 'one' },
    { number: 3, text: 'three' },
    { number: 5, text: 'five' },
  ]);
});

test('a reader may stop early', async () => {
  const path = join(folder, 'long.csv');
  await writeFile(path, 'line\n'.repeat(100_000));
  for await (const { number } of readLines(path)) if (number === 3) break;
  expect(await Array.fromAsync(readLines(path))).toHaveLength(100_000);
});

test('what is no readable file is said in words', async () => {
  await expect(Array.fromAsync(readLines(join(folder, 'absent.csv')))).rejects.toThrow(
    new InputError(`Cannot read ${join(folder, 'absent.csv')}: there is no such file.`),
  );
  await expect(Array.fromAsync(readLines(folder))).rejects.toThrow('it is a folder');
});
