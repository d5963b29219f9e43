import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Identity, identify } from './identity.ts';

const exchange: Identity = { name: 'exchange', schema: 'exchange', prefix: 'exchange' };
const custodian: Identity = { name: 'custodian', schema: 'custodian', prefix: 'custodian' };
const marketData: Identity = { name: 'market-data', schema: 'market_data', prefix: 'market' };
const audit: Identity = { name: 'audit', schema: 'audit', prefix: 'audit' };
const trading: Identity = { name: 'trading', schema: 'trading', prefix: 'trading' };
const coordinator: Identity = { name: 'test-coordinator', schema: 'test_coordination', prefix: 'test' };

test.each([
  // The default of each adapter: its own schema and prefix, also where the two are named apart.
  [exchange, undefined, 'exchange', 'exchange', 'EXCHANGE_'],
  [custodian, undefined, 'custodian', 'custodian', 'CUSTODIAN_'],
  [marketData, undefined, 'market_data', 'market', 'MARKET_DATA_'],
  [audit, undefined, 'audit', 'audit', 'AUDIT_'],
  [trading, undefined, 'trading', 'trading', 'TRADING_'],
  [coordinator, undefined, 'test_coordination', 'test', 'TEST_COORDINATOR_'],
  // Named instances: of one word, of several, with digits.
  [exchange, 'okx', 'exchange_okx', 'exchange:okx', 'EXCHANGE_OKX_'],
  [exchange, 'binance', 'exchange_binance', 'exchange:binance', 'EXCHANGE_BINANCE_'],
  [exchange, 'okx-eu', 'exchange_okx_eu', 'exchange:okx-eu', 'EXCHANGE_OKX_EU_'],
  [exchange, 'okx-us', 'exchange_okx_us', 'exchange:okx-us', 'EXCHANGE_OKX_US_'],
  [custodian, 'komainu', 'custodian_komainu', 'custodian:komainu', 'CUSTODIAN_KOMAINU_'],
  [custodian, 'fireblocks', 'custodian_fireblocks', 'custodian:fireblocks', 'CUSTODIAN_FIREBLOCKS_'],
  [marketData, 'coinmetrics', 'market_data_coinmetrics', 'market:coinmetrics', 'MARKET_DATA_COINMETRICS_'],
  [marketData, 'a-b-c-d', 'market_data_a_b_c_d', 'market:a-b-c-d', 'MARKET_DATA_A_B_C_D_'],
  [trading, 'lh', 'trading_lh', 'trading:lh', 'TRADING_LH_'],
  [trading, 'alpha-2', 'trading_alpha_2', 'trading:alpha-2', 'TRADING_ALPHA_2_'],
  [coordinator, '7', 'test_coordination_7', 'test:7', 'TEST_COORDINATOR_7_'],
] as const)('%o as %s is schema %s, prefix %s, environment %s', (identity, instance, schema, prefix, envPrefix) => {
  expect(identify(identity, instance)).toEqual({
    name: identity.name,
    instance,
    label: instance ?? identity.name,
    schema,
    prefix,
    envPrefix,
    roles: { owner: `${schema}_owner`, adapter: `${schema}_adapter`, reader: `${schema}_reader` },
    aclUser: `${schema}_adapter`,
  });
});

test.each([
  '',
  'OKX',
  'o k x',
  'okx_eu',
  '-okx',
  'okx-',
  'a'.repeat(31),
  'ökx',
  'okx:eu',
  '../x',
  "o'kx",
  '{okx}',
  '*',
])('the instance name %j is refused', (instance) => {
  expect(() => identify(exchange, instance)).toThrow(/instance: expected 1 to 30 lower-case letters/);
});

test('the noun of a key family is no instance name: its keys would lie under the rules of the default', () => {
  expect(() => identify(exchange, 'order-book', ['order-book'])).toThrow(/order-book is the name of a key family/);
  expect(identify(exchange, 'order-books', ['order-book']).prefix).toBe('exchange:order-books');
});

test('two instances of one adapter share neither schema, prefix, role nor environment unless they are the same', () => {
  const letters = fc.constantFrom('a', 'b', 'z', '0', '9', '-');
  const name = fc
    .string({ unit: letters, minLength: 1, maxLength: 30 })
    .filter((text) => /^[a-z0-9].*[a-z0-9]$|^[a-z0-9]$/.test(text));
  fc.assert(
    fc.property(name, name, (a, b) => {
      const [one, two] = [identify(exchange, a), identify(exchange, b)];
      const shared = [
        one.schema === two.schema,
        one.prefix === two.prefix,
        one.aclUser === two.aclUser,
        one.envPrefix === two.envPrefix,
      ];
      expect(new Set([...shared, a === b]).size).toBe(1);
    }),
  );
});

test('every derived name fits what PostgreSQL keeps of an identifier', () => {
  const longest = identify(coordinator, 'a'.repeat(30));
  for (const text of [longest.schema, ...Object.values(longest.roles)]) expect(text.length).toBeLessThanOrEqual(63);
});
