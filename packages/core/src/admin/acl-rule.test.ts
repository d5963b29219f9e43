import { expect, test } from 'vitest';
import { identify } from '../pipe/identity.ts';
import { coreFamilies } from '../redis/keys.ts';
import { aclRule } from './acl-rule.ts';

const grammar = { categories: new Set<string>(), connectionCommands: new Set(['client|setname']), database: 0 };
const families = [...Object.values(coreFamilies), { noun: 'order-book', visibility: 'own' as const }];
const exchange = identify({ name: 'exchange', schema: 'exchange', prefix: 'exchange' });
const rule = (changes: Partial<typeof grammar> = {}) => aclRule(exchange, families, { ...grammar, ...changes });

test('has one writable pattern for each family, none for the whole prefix', () => {
  expect(rule().filter((token) => token.startsWith('~'))).toEqual([
    '~exchange:cache:{*',
    '~exchange:checkpoints:{*',
    '~exchange:epoch:{*',
    '~exchange:events:{*',
    '~exchange:order-book:{*',
    '~exchange:price-feed:{*',
    '~exchange:published:{*',
    '~exchange:services:{*',
  ]);
});

test('reads the published families of everybody, and only reads', () => {
  expect(rule().filter((token) => token.startsWith('%'))).toEqual([
    '%R~*:events:{*',
    '%R~*:published:{*',
    '%R~*:price-feed:{*',
    '%R~*:services:{*',
    '%R~*:checkpoints:{*',
  ]);
});

test('takes the families of modules away where the server has them', () => {
  expect(rule()).not.toContain('-@json');
  expect(rule({ categories: new Set(['json', 'read']) })).toContain('-@json');
});

test('names only subcommands that the server knows', () => {
  expect(rule()).toContain('+client|setname');
  expect(rule()).not.toContain('+client|setinfo');
});

test('allows to select the one database that the adapters use', () => {
  expect(rule().filter((token) => /^[+-]select/.test(token))).toEqual(['-select']);
  expect(rule({ database: 3 }).filter((token) => /^[+-]select/.test(token))).toEqual(['-select', '+select|3']);
});
