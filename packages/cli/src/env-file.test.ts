import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setVariables } from './env-file.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tse-env-'));
  file = join(folder, '.env');
});
afterEach(() => rm(folder, { recursive: true }));

test('replaces and adds variables, and keeps every other line', async () => {
  await writeFile(file, '# mine\nexport B=2\nA=1\nBB=3\n\n\n');
  await setVariables(file, { B: 'new', C: 'added' });
  expect(await readFile(file, 'utf8')).toBe('# mine\nA=1\nBB=3\nB=new\nC=added\n');
});

test('makes the file for its owner alone, and leaves nothing beside it', async () => {
  await setVariables(file, { A: 'x_-Y1' });
  expect(parseEnv(await readFile(file, 'utf8'))).toEqual({ A: 'x_-Y1' });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['.env']);
});
