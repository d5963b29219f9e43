import { afterAll, beforeAll, expect, test } from 'vitest';
import { START, type TestRisk, testRisk } from '../test-risk.ts';

let t: TestRisk;
beforeAll(async () => {
  t = await testRisk();
});
afterAll(() => t[Symbol.asyncDispose]());

test('a price stands until a newer one of its source comes, whatever the order of coming', async () => {
  const { marks } = t.risk;
  const record = (sequence: number, price: string) => marks.record({ symbol: 'BTC-USD', price, sequence, at: START });
  expect(await record(2, '100.10')).toEqual({
    symbol: 'BTC-USD',
    kind: 'last',
    price: '100.1',
    source: 'market-data',
    sequence: 2,
    at: START,
    receivedAt: START,
    version: 1,
  });
  expect(await record(1, '99')).toMatchObject({ price: '100.1', sequence: 2 });
  expect(await record(2, '100.1')).toMatchObject({ version: 1 });
  expect(await record(3, '101')).toMatchObject({ price: '101', version: 2 });
  for (const fresh of [true, false]) expect(await marks.find('BTC-USD', { fresh })).toMatchObject([{ price: '101' }]);
  await marks.record({ symbol: 'BTC-USD', kind: 'bid', price: '100', sequence: 1, at: START });
  expect((await marks.list({ symbol: 'BTC-USD', limit: 1 })).items).toMatchObject([{ kind: 'bid' }]);
  expect(await Array.fromAsync(marks.list({ limit: 1 }))).toHaveLength(2);
  expect(await marks.find('NO-USD')).toEqual([]);
});

test('the history keeps the last price of each minute, and closes as they are given', async () => {
  const { marks } = t.risk;
  const at = (text: string) => `2026-01-01T00:${text}.000000Z`;
  for (const [sequence, when, price] of [
    [1, '00:10', '1'],
    [2, '00:50', '2'],
    [3, '01:10', '3'],
    [4, '00:40', '9'],
  ] as const)
    await marks.record({ symbol: 'ETH-USD', price, sequence, at: at(when) });
  expect(await Array.fromAsync(marks.listHistory({ symbol: 'ETH-USD', period: 'PT1M', limit: 1 }))).toEqual([
    { startsAt: at('00:00'), price: '2' },
    { startsAt: at('01:00'), price: '3' },
  ]);
  const closes = [1, 2, 3].map((day) => ({ at: `2026-01-0${day}T00:00:00Z`, price: String(100 + day) }));
  const input = { symbol: 'ETH-USD', period: 'P1D', closes };
  expect(await marks.recordCloses(input)).toBe(3);
  expect(await marks.recordCloses(input)).toBe(3);
  const days = marks.listHistory({ symbol: 'ETH-USD', period: 'P1D', from: closes[1]!.at, until: closes[2]!.at });
  expect((await days).items).toEqual([{ startsAt: '2026-01-02T00:00:00.000000Z', price: '102' }]);
});
