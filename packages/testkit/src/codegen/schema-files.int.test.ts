import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { drift, schemaFiles } from './schema-files.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('the table types of every adapter are those of its migrated database', async () => {
  const files = await schemaFiles(root, inject('servers'));
  expect(files.map(({ path }) => path)).toContain('packages/exchange/src/schema.ts');
  expect(
    files.map(drift).filter((difference) => difference !== undefined),
    'run pnpm codegen',
  ).toEqual([]);
});

test('a drift is told by its first line', () => {
  const file = { path: 'x/schema.ts', text: 'one\ntwo\n', present: 'one\nTWO\n' };
  expect(drift(file)).toBe('x/schema.ts:2 has `TWO`, the migrated database `two`');
  expect(drift({ ...file, present: 'one\ntwo\nthree\n' })).toBe('x/schema.ts:3 has `three`, the migrated database ``');
  expect(drift({ ...file, present: 'one\n' })).toBe('x/schema.ts:2 has ``, the migrated database `two`');
  expect(drift({ ...file, present: 'one' })).toBe('x/schema.ts:2 has no such line, the migrated database `two`');
  expect(drift({ ...file, present: undefined })).toBe('x/schema.ts is missing');
  expect(drift({ ...file, present: file.text })).toBeUndefined();
});
