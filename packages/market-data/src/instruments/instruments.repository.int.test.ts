import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestMarketData, testMarketData } from '../test-market-data.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData({ bare: true });
});
afterAll(() => t[Symbol.asyncDispose]());

const terms = { tickSize: '0.010', stepSize: '0.0001', minNotional: '5', name: 'Ether' };
const conflict = { kind: 'conflict', code: 'id-conflict' };

test('an instrument is registered, found by either way to write it, set inactive and read back so', async () => {
  const { instruments } = t.marketData;
  const registered = await instruments.register({ ...terms, symbol: 'ETH/USD' });
  expect(registered).toEqual({
    symbol: 'ETH-USD',
    base: 'ETH',
    quote: 'USD',
    tickSize: '0.01',
    stepSize: '0.0001',
    priceScale: 2,
    quantityScale: 4,
    minNotional: '5',
    name: 'Ether',
    status: 'active',
    version: 1,
    registeredAt: t.box.clock.now(),
  });
  expect(await instruments.get('ETH/USD')).toEqual(registered);
  expect(await instruments.register({ ...terms, symbol: 'ETH-USD' })).toEqual(registered);
  await expect(instruments.register({ ...terms, symbol: 'ETH-USD', tickSize: '0.1' })).rejects.toMatchObject(conflict);
  const inactive = await instruments.changeStatus({
    symbol: 'ETH-USD',
    status: 'inactive',
    version: 1,
    reason: 'maintenance',
  });
  expect(inactive).toMatchObject({ status: 'inactive', version: 2 });
  expect(await instruments.get('ETH-USD')).toEqual(inactive);
  expect(await instruments.changeStatus({ symbol: 'ETH-USD', status: 'inactive', version: 1 })).toEqual(inactive);
  expect(await instruments.listStatusChanges('ETH-USD')).toMatchObject([
    { version: 1, status: 'active' },
    { version: 2, previousStatus: 'active', status: 'inactive', reason: 'maintenance' },
  ]);
  expect(await instruments.find('ETH-BTC')).toBeUndefined();
  await expect(instruments.get('ETH-BTC')).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-instrument' });
});

test('lists keep to the status, the base and the quote that are asked for, and end', async () => {
  const { instruments } = t.marketData;
  for (const symbol of ['BTC-USD', 'BTC-EUR', 'DOGE-USD']) await instruments.register({ ...terms, symbol });
  await instruments.changeStatus({ symbol: 'DOGE-USD', status: 'inactive' });
  const symbols = async (filter: object) => (await instruments.list(filter)).items.map(({ symbol }) => symbol);
  expect(await symbols({ status: 'active' })).toEqual(['BTC-EUR', 'BTC-USD']);
  expect(await symbols({ base: 'BTC' })).toEqual(['BTC-EUR', 'BTC-USD']);
  expect(await symbols({ quote: 'USD', status: 'inactive' })).toEqual(['DOGE-USD', 'ETH-USD']);
  const all: string[] = [];
  for await (const { symbol } of instruments.list({ limit: 1 })) all.push(symbol);
  expect(all).toEqual(['BTC-EUR', 'BTC-USD', 'DOGE-USD', 'ETH-USD']);
});

test('what cannot be is refused and changes nothing: too many digits, a stale version, what is delisted', async () => {
  const { instruments } = t.marketData;
  const register = (over: object) => instruments.register({ ...terms, symbol: 'LTC-USD', ...over });
  await expect(register({ tickSize: '0.0000000001', stepSize: '0.000000001' })).rejects.toMatchObject({
    issues: [{ path: 'tickSize' }],
  });
  await expect(register({ tickSize: '0' })).rejects.toMatchObject({ issues: [{ path: 'tickSize' }] });
  await expect(register({ symbol: 'USD-USD' })).rejects.toMatchObject({ issues: [{ path: 'symbol' }] });
  expect(await instruments.find('LTC-USD')).toBeUndefined();
  await register({});
  const change = (over: object) => instruments.changeStatus({ symbol: 'LTC-USD', status: 'delisted', ...over });
  await expect(change({ version: 7 })).rejects.toMatchObject({ kind: 'conflict', code: 'stale-version' });
  await expect(change({ symbol: 'NO-USD' })).rejects.toMatchObject({ kind: 'not-found' });
  await change({});
  await expect(change({ status: 'active' })).rejects.toMatchObject({ kind: 'conflict', code: 'illegal-transition' });
});

test('registered by many at once, an instrument is registered and told once', async () => {
  const { instruments } = t.marketData;
  const all = await Promise.all(
    Array.from({ length: 12 }, () => instruments.register({ ...terms, symbol: 'SOL-USD' })),
  );
  expect(new Set(all.map((instrument) => JSON.stringify(instrument))).size).toBe(1);
  const told = async () =>
    (await t.box.events.all()).filter(
      ({ type, payload }) => type === 'instrument.changed' && payload['symbol'] === 'SOL-USD',
    ).length;
  await expect.poll(told).toBe(1);
});
