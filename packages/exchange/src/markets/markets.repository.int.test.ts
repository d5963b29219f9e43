import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYMBOL, type TestExchange, errorsOf, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

const conflict = { kind: 'conflict', code: 'id-conflict' };
const terms = { symbol: 'ETH-USD', tickSize: '0.01', lotSize: '0.0001', minNotional: '5', feeVersion: 2 };

test('assets: exact scales, the same again answers what stands, another scale is a conflict', async () => {
  const { markets } = t.exchange;
  const sol = { asset: 'SOL', scale: 9, name: 'Solana' };
  expect(await markets.registerAsset(sol)).toEqual(sol);
  expect(await markets.registerAsset(sol)).toEqual(sol);
  await expect(markets.registerAsset({ ...sol, scale: 8 })).rejects.toMatchObject(conflict);
  await expect(markets.registerAsset({ asset: 'SOL', scale: 9 })).rejects.toMatchObject(conflict);
  expect(await markets.listAssets()).toEqual([
    { asset: 'BTC', scale: 8 },
    { asset: 'ETH', scale: 18 },
    sol,
    { asset: 'USD', scale: 10 },
    { asset: 'USDT', scale: 10 },
  ]);
});

test('a market is opened with its terms, found by either way to write it, and opened once', async () => {
  const { markets } = t.exchange;
  const opened = await markets.open({ ...terms, symbol: 'ETH/USD' });
  expect(opened).toEqual({
    ...terms,
    base: 'ETH',
    quote: 'USD',
    maxPrice: '3000000000',
    maxQuantity: '3333333333',
    feeAccountId: 'fees',
    status: 'open',
    lastSequence: 0,
    lastTradeSequence: 0,
    version: 1,
  });
  expect(await markets.find('ETH/USD')).toEqual(opened);
  await markets.change({ symbol: 'ETH-USD', status: 'halted' });
  expect(await markets.open(terms)).toMatchObject({ status: 'halted', version: 2 });
  await expect(markets.open({ ...terms, tickSize: '0.1' })).rejects.toMatchObject(conflict);
  expect(await markets.find('ETH-BTC')).toBeUndefined();
  await expect(markets.get('ETH-BTC')).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-market' });
});

test('terms that the stores cannot hold exactly, or that name what is not there, are refused and open nothing', async () => {
  const { markets } = t.exchange;
  const open = (over: object) => markets.open({ ...terms, symbol: 'BTC-USDT', ...over });
  const before = await t.everything();
  const invalid = (path: string, code = 'invalid-input') => ({ kind: 'invalid-input', code, issues: [{ path }] });
  const cases: [over: object, error: object][] = [
    [{ symbol: 'BTC-BTC' }, invalid('symbol')],
    [{ symbol: 'BTC-DOGE' }, { kind: 'not-found', code: 'unknown-asset' }],
    [{ feeVersion: 77 }, { kind: 'not-found', code: 'unknown-fee-schedule' }],
    [{ feeVersion: 2 ** 31 }, invalid('feeVersion')],
    [{ feeAccountId: 'external' }, { kind: 'not-found', code: 'unknown-fee-account' }],
    // Price × quantity would need 12 digits, USDT has 10; a bitcoin has 8.
    [{ tickSize: '0.0001', lotSize: '0.00000001' }, invalid('tickSize', 'too-many-digits')],
    [{ tickSize: '1', lotSize: '0.000000001' }, invalid('tickSize', 'too-many-digits')],
    [{ maxPrice: '10.001' }, invalid('maxPrice', 'out-of-range')],
    [{ maxPrice: '1000000000000', maxQuantity: '1000000000000' }, invalid('maxPrice', 'out-of-range')],
    [{ maxPrice: '90071992547409.92', maxQuantity: '1' }, invalid('maxPrice', 'out-of-range')],
    [{ tickSize: '99999999999999999999', lotSize: '99999999999999999999' }, invalid('maxPrice', 'out-of-range')],
  ];
  expect(await errorsOf(cases.map(([over]) => open(over)))).toMatchObject(cases.map(([, error]) => error));
  expect(await t.everything()).toBe(before);
});

test('the finest and the coarsest terms open', async () => {
  const { markets } = t.exchange;
  await markets.registerAsset({ asset: 'WEI', scale: 0 });
  await markets.registerAsset({ asset: 'FINE', scale: 18 });
  const finest = await markets.open({ symbol: 'WEI-FINE', tickSize: '0.000000000000000001', lotSize: '1' });
  expect(finest).toMatchObject({ maxPrice: '0.009007199254740991', maxQuantity: '9223372036854775807' });
  const coarsest = await markets.open({ symbol: 'FINE-WEI', tickSize: '10000000000', lotSize: '1000' });
  expect(coarsest).toMatchObject({ maxPrice: '10000000000', maxQuantity: '1000000000' });
});

test('a market goes along its machine, closed is the end, and fees change for what comes', async () => {
  const { markets } = t.exchange;
  const change = (over: object) => markets.change({ symbol: 'BTC-USDT', ...over });
  await markets.open({ ...terms, symbol: 'BTC-USDT', lotSize: '0.001', status: 'pre-open' });
  await expect(change({ status: 'halted' })).rejects.toMatchObject({ kind: 'conflict', code: 'illegal-transition' });
  expect(await change({ status: 'open', feeVersion: 1 })).toMatchObject({ status: 'open', feeVersion: 1, version: 2 });
  expect(await change({ status: 'open' })).toMatchObject({ version: 2 });
  await expect(change({ status: 'halted', version: 1 })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'stale-version',
  });
  await expect(change({ feeVersion: 77 })).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-fee-schedule' });
  expect(await change({ status: 'halted', version: 2, reason: 'news' })).toMatchObject({
    status: 'halted',
    version: 3,
  });
  expect(await change({ status: 'closed' })).toMatchObject({ status: 'closed' });
  await expect(change({ status: 'open' })).rejects.toMatchObject({ kind: 'conflict', code: 'illegal-transition' });
  await expect(markets.change({ symbol: 'ETH-BTC', status: 'open' })).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-market',
  });
});

test('fee schedules are immutable, a maker never pays more than a taker', async () => {
  const { markets } = t.exchange;
  const tiers = [
    { tier: 'standard', maker: '0.0010', taker: '0.002' },
    { tier: 'vip', maker: '0', taker: '0' },
  ];
  const defined = { version: 3, tiers: [{ tier: 'standard', maker: '0.001', taker: '0.002' }, tiers[1]] };
  expect(await markets.defineFees({ version: 3, tiers })).toEqual(defined);
  expect(await markets.defineFees({ version: 3, tiers: tiers.toReversed() })).toMatchObject({ version: 3 });
  await expect(markets.defineFees({ version: 3, tiers: [tiers[1]!] })).rejects.toMatchObject(conflict);
  await expect(markets.defineFees({ version: 1, tiers })).rejects.toMatchObject(conflict);
  const wrong: [tiers: { tier: string; maker: string; taker: string }[], path: string][] = [
    [[{ tier: 'standard', maker: '0.003', taker: '0.002' }], 'tiers.0.maker'],
    [[{ tier: 'standard', maker: '0', taker: '1' }], 'tiers.0.taker'],
    [[{ tier: 'standard', maker: '-0.1', taker: '0' }], 'tiers.0.maker'],
    [[tiers[1]!, tiers[1]!], 'tiers'],
    [[], 'tiers'],
  ];
  for (const [given, path] of wrong)
    await expect(markets.defineFees({ version: 4, tiers: given })).rejects.toMatchObject({
      kind: 'invalid-input',
      issues: [{ path }],
    });
  const [free, two, three] = await markets.listFees();
  expect(free).toEqual({ version: 1, tiers: [{ tier: 'standard', maker: '0', taker: '0' }] });
  expect(two?.version).toBe(2);
  expect(three).toEqual(defined);

  const racing = Array.from({ length: 6 }, (_, i) =>
    markets.defineFees({ version: 9, tiers: [{ tier: 'standard', maker: '0', taker: `0.00${(i % 2) + 1}` }] }),
  );
  const kept = (await Promise.allSettled(racing)).filter(({ status }) => status === 'fulfilled');
  expect(kept).toHaveLength(3);
});

test('markets are listed in the order of their symbols, by quote, base and status', async () => {
  const { markets } = t.exchange;
  const symbols = async (filter: object) =>
    (await Array.fromAsync(markets.list({ limit: 2, ...filter }))).map(({ symbol }) => symbol);
  expect(await symbols({})).toEqual(['BTC-USD', 'BTC-USDT', 'ETH-USD', 'FINE-WEI', 'WEI-FINE']);
  expect(await symbols({ quote: 'USD' })).toEqual(['BTC-USD', 'ETH-USD']);
  expect(await symbols({ base: 'BTC' })).toEqual(['BTC-USD', 'BTC-USDT']);
  expect(await symbols({ status: 'closed' })).toEqual(['BTC-USDT']);
  expect(await symbols({ quote: 'BTC' })).toEqual([]);
});

test('orders in a market that is not open are refused, and keep the fees they were placed under', async () => {
  const { markets } = t.exchange;
  await t.customer('trader', { USD: '1000' });
  const before = await t.place({ accountId: 'trader', side: 'buy' });
  await markets.change({ symbol: SYMBOL, feeVersion: 1 });
  const after = await t.place({ accountId: 'trader', side: 'buy' });
  expect([before.fees, after.fees]).toEqual([
    { version: 2, maker: '0.001', taker: '0.002' },
    { version: 1, maker: '0', taker: '0' },
  ]);
  expect((await t.exchange.orders.get(before.id)).fees.version).toBe(2);
  await markets.change({ symbol: SYMBOL, status: 'halted' });
  await expect(t.place({ accountId: 'trader', side: 'buy' })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'market-not-open',
  });
  expect(await t.exchange.orders.cancel({ accountId: 'trader', orderId: after.id })).toMatchObject({
    status: 'canceled',
  });
});
