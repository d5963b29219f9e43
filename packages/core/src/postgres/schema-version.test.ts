import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { coreSchema, judge } from './schema-version.ts';

const needs = { schema: 'x', minSchema: '0002_b' };
const at = (own: string | null, changes: object = {}) =>
  judge({ core: `core/${coreSchema}`, own, min_core: null, min_own: null, ...changes }, needs);

test('the core builds on the last of its migrations', async () => {
  const files = await readdir(new URL('../../../../migrations/core/', import.meta.url));
  expect(
    files
      .filter((name) => name.endsWith('.sql'))
      .sort()
      .at(-1),
  ).toBe(`${coreSchema}.sql`);
});

test('is current at the version it needs and at any newer one', () => {
  expect(at('x/0002_b')).toEqual({ state: 'current', version: 'x/0002_b', cure: undefined });
  expect(at('x/0009_z')).toMatchObject({ state: 'current' });
});

test('is outdated below it, with the command that cures it', () => {
  expect(at('x/0001_a')).toMatchObject({ state: 'outdated', cure: expect.stringContaining('tse migrate') as string });
  expect(at(null, { core: null })).toMatchObject({ state: 'outdated', version: undefined });
  expect(at('x/0002_b', { core: 'core/0000_old' })).toMatchObject({ state: 'outdated' });
});

test('refuses code below what the schema needs', () => {
  expect(at('x/0005_e', { min_own: '0003_c' })).toMatchObject({ state: 'code-outdated' });
  expect(at('x/0005_e', { min_own: '0002_b' })).toMatchObject({ state: 'current' });
  expect(at('x/0005_e', { min_core: '9999_z' })).toMatchObject({ state: 'code-outdated' });
});
