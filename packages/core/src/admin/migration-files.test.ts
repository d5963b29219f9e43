import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSqlFiles } from './migration-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tse-files-'));
  for (const name of ['core', 'x/functions']) await mkdir(join(folder, name), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const read = () => readSqlFiles(pathToFileURL(folder), 'x');

test('reads core first, each folder in order, functions apart', async () => {
  await write('x/0002_add_b.sql', 'select 2');
  await write('x/0001_create_a.sql', 'select 1');
  await write('core/0001_create_core.sql', 'select 0');
  await write('x/functions/do_it.sql', 'select 3');
  await write('x/README.md', 'not SQL');
  const { migrations, functions } = await read();
  expect(migrations.map(({ name }) => name)).toEqual(['core/0001_create_core', 'x/0001_create_a', 'x/0002_add_b']);
  expect(functions.map(({ name }) => name)).toEqual(['x/functions/do_it']);
});

test('an adapter without a folder has the core alone', async () => {
  await rm(join(folder, 'x'), { recursive: true });
  await write('core/0001_create_core.sql', 'select 0');
  expect((await read()).migrations).toHaveLength(1);
});

test('line ends do not make another migration', async () => {
  await write('x/0001_create_a.sql', 'select 1;\nselect 2;\n');
  const [unix] = (await read()).migrations;
  await write('x/0001_create_a.sql', 'select 1;\r\nselect 2;\r\n');
  const [windows] = (await read()).migrations;
  expect(windows!.sha256).toBe(unix!.sha256);
});

test('finds the oldest code that can still run', async () => {
  await write('x/0003_drop_a.sql', '-- Nothing reads a since 0002.\n-- min-code: 0002_add_b\nalter table t drop a;\n');
  expect((await read()).migrations[0]!.minCode).toBe('0002_add_b');
});

test.each([
  ['x/1_create_a.sql', 'select 1', /x\/1_create_a\.sql: is not named NNNN_verb_noun\.sql/],
  ['x/0001-create.sql', 'select 1', /is not named/],
  ['x/functions/Do It.sql', 'select 1', /is not named function_name\.sql/],
  ['x/0001_create_a.sql', 'create table a ();\nCOMMIT;\n', /ends or begins a transaction/],
])('refuses %s with %j', async (name, text, message) => {
  await write(name, text);
  await expect(read()).rejects.toMatchObject({
    kind: 'invalid-input',
    message: expect.stringMatching(message) as string,
  });
});

test('refuses two files of one number', async () => {
  await write('x/0001_create_a.sql', 'select 1');
  await write('x/0001_create_b.sql', 'select 1');
  await expect(read()).rejects.toThrow(/0001_create_b\.sql: has the number of another file/);
});
