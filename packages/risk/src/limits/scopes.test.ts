import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scopeInput, scopeKey, scopeKindOf, scopeOfKey } from './scopes.ts';

const id = fc.stringMatching(/^[A-Za-z0-9._:/-]{1,64}$/);
const symbol = fc.stringMatching(/^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/);
const scope = fc
  .tuple(
    fc.oneof(fc.constant({}), fc.record({ account: id }), fc.record({ strategy: id }), fc.record({ venue: id })),
    fc.option(symbol, { nil: undefined }),
  )
  .map(([named, of]) => ({ ...named, ...(of !== undefined && { symbol: of }) }));

test('a scope is its key and its key the scope', () => {
  fc.assert(
    fc.property(scope, (given) => {
      expect(scopeOfKey(scopeKey(scopeInput.parse(given)))).toEqual(given);
    }),
  );
});

test('the kind of a scope is that of its name, or the instrument, or the firm', () => {
  expect(['firm', 'firm|A-B', 'account:firm', 'instrument:A-B', 'venue:x|A-B'].map(scopeKindOf)).toEqual([
    'firm',
    'firm',
    'account',
    'instrument',
    'venue',
  ]);
});

test('two names at once are none', () => {
  expect(scopeInput.safeParse({ account: 'a', venue: 'b' }).success).toBe(false);
});
