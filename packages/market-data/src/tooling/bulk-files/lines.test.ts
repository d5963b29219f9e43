import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLines } from './lines.ts';
import { zipOf } from './test-zip.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulk-lines-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(name: string, content: string | Buffer, onRead?: (bytes: number, of: number) => void) {
  const path = join(folder, name);
  await writeFile(path, content);
  return (await Array.fromAsync(readLines(path, onRead))).flat();
}
const long = Array.from({ length: 50_000 }, (_, i) => `row ${i}, äöü ${'x'.repeat(1 + (i % 50))}`);

test('lines keep their numbers; empty ones, a byte order mark and the ends of Windows lines are nothing', async () => {
  expect(await read('mixed.csv', '\uFEFFone\r\n\r\nthree\n  \nfive')).toEqual([
    { number: 1, text: 'one' },
    { number: 3, text: 'three' },
    { number: 5, text: 'five' },
  ]);
  expect(await read('empty.csv', '')).toEqual([]);
  expect(await read('short.csv', 'a')).toEqual([{ number: 1, text: 'a' }]);
});

test.each([
  ['as it is', (text: string) => Buffer.from(text)],
  ['gzipped', (text: string) => gzipSync(text)],
  ['gzipped in parts', (text: string) => Buffer.concat([gzipSync(text.slice(0, 999)), gzipSync(text.slice(999))])],
  ['zipped', (text: string) => zipOf({ 'folder/': '', 'rows.csv': text })],
])('a file %s gives all of its lines, whatever its name is, and tells how far it is', async (_, packed) => {
  const told: number[] = [];
  const lines = await read('rows.bin', packed(long.join('\n')), (bytes, of) => told.push(bytes / of));
  expect(lines.map(({ text }) => text)).toEqual(long);
  expect(lines.at(-1)!.number).toBe(50_000);
  expect(told.at(-1)).toBe(1);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
});

test('a reader may stop early, and read again', async () => {
  const path = join(folder, 'again.csv.gz');
  await writeFile(path, gzipSync(long.join('\n')));
  for await (const [line] of readLines(path)) {
    expect(line!.number).toBe(1);
    break;
  }
  expect((await Array.fromAsync(readLines(path))).flat()).toHaveLength(50_000);
});

test('what is no readable file is said in words', async () => {
  const refused = (message: RegExp | string) =>
    expect.objectContaining({
      kind: 'invalid-input',
      code: 'unreadable-file',
      message: expect.stringMatching(message),
    });
  await expect(Array.fromAsync(readLines(join(folder, 'absent.csv')))).rejects.toEqual(
    refused('there is no such file'),
  );
  await expect(Array.fromAsync(readLines(folder))).rejects.toEqual(refused('it is a folder'));
  const whole = gzipSync(long.join('\n'));
  await expect(read('cut.gz', whole.subarray(0, 2000))).rejects.toEqual(refused('damaged or cut short'));
  await expect(read('cut.zip', zipOf({ a: 'text' }).subarray(0, 40))).rejects.toEqual(refused('damaged or cut short'));
  await expect(read('two.zip', zipOf({ a: '1', b: '2' }))).rejects.toEqual(refused('one file, here are 2'));
  await expect(read('binary', 'x'.repeat(1_000_000))).rejects.toEqual(refused('line 1: longer than 65536'));
});
