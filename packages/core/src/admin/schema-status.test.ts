import { expect, test } from 'vitest';
import { compareSchema } from './schema-status.ts';

const file = (name: string, sha256 = 'a') => ({ name, sha256, text: '', minCode: undefined });
const row = (name: string, sha256 = 'a') => ({
  name,
  sha256,
  kind: name.includes('/functions/') ? ('function' as const) : ('migration' as const),
});
const files = {
  migrations: [file('core/0001_a'), file('x/0001_b'), file('x/0002_c')],
  functions: [file('core/functions/f'), file('x/functions/g')],
};
const all = [...files.migrations, ...files.functions].map(({ name }) => row(name));

test('an empty schema is pending as a whole, core first, functions last', () => {
  expect(compareSchema('x', files, [])).toMatchObject({
    state: 'pending',
    at: [],
    pending: ['core/0001_a', 'x/0001_b', 'x/0002_c', 'core/functions/f', 'x/functions/g'],
  });
});

test('is current with everything applied', () => {
  expect(compareSchema('x', files, all)).toEqual({
    schema: 'x',
    state: 'current',
    at: ['core/0001_a', 'x/0002_c'],
    applied: 3,
    pending: [],
    drifted: [],
    newer: [],
  });
});

test('a function whose text changed is pending', () => {
  const ledger = all.map((each) => (each.name === 'x/functions/g' ? row(each.name, 'older') : each));
  expect(compareSchema('x', files, ledger)).toMatchObject({ state: 'pending', pending: ['x/functions/g'] });
});

test('a function that has no file any more is left for older code', () => {
  expect(compareSchema('x', files, [...all, row('x/functions/retired')])).toMatchObject({ state: 'current' });
});

test('a changed, a removed and a late migration are drifts', () => {
  const ledger = [row('core/0001_a', 'other'), row('x/0001_gone'), row('x/0002_c')];
  expect(compareSchema('x', files, ledger)).toMatchObject({
    state: 'drifted',
    drifted: [
      { name: 'x/0001_gone', reason: 'missing' },
      { name: 'core/0001_a', reason: 'changed' },
      { name: 'x/0001_b', reason: 'out-of-order' },
    ],
  });
});

test('a newer release leaves its functions alone and is no drift', () => {
  const ledger = [
    ...all.filter(({ name }) => name !== 'x/functions/g'),
    row('x/functions/g', 'newer'),
    row('x/0003_d'),
  ];
  expect(compareSchema('x', files, ledger)).toMatchObject({ state: 'current', newer: ['x/0003_d'], pending: [] });
});
