import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Match } from '../index.ts';
import { SYMBOL, type TestExchange, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
  await t.customer('buyer', { USD: '100000' });
  await t.customer('seller', { BTC: '100' });
});
afterAll(() => t[Symbol.asyncDispose]());

const stale = [{ ok: false, error: { kind: 'conflict', code: 'stale-lease' } }];
const found = async (): Promise<Match> =>
  t.match(await t.place({ accountId: 'seller', side: 'sell' }), await t.place({ accountId: 'buyer', side: 'buy' }));

test('one engine settles a market: who lost its lease, has another market’s or none is refused, and nothing changes', async () => {
  const { matches, leases } = t.exchange;
  expect(await matches.settle([await found()])).toMatchObject([{ ok: true }]);
  await using old = await leases.hold(`matching/${SYMBOL}`);
  const settled = await found();
  expect(await matches.settle([settled], { lease: old })).toMatchObject([{ ok: true }]);
  await old.release();
  await using lease = await leases.hold(`matching/${SYMBOL}`);
  await using elsewhere = await leases.hold('matching/ETH-USD');
  expect(lease.fence).toBeGreaterThan(old.fence);

  const match = await found();
  const { tradeId, ...rest } = match;
  const before = await t.everything();
  for (const options of [
    { lease: old },
    { lease: elsewhere },
    {},
    { lease: { name: lease.name, fence: lease.fence + 1 } },
  ]) {
    expect(await matches.settle([match], options)).toMatchObject(stale);
    expect(await matches.prevent([{ ...rest, preventionId: tradeId }], options)).toMatchObject(stale);
  }
  expect(await t.everything()).toBe(before);
  expect(await matches.settle([match], { lease })).toMatchObject([{ ok: true }]);
  // What the old engine settled is told to it again.
  expect(await matches.settle([settled], { lease: old })).toMatchObject([{ ok: true }]);
});

test('a new engine sees all that the old one had under way', async () => {
  const { matches, leases, orders } = t.exchange;
  const other = t.box.open('exchange', { workers: false });
  const old = await leases.hold(`matching/${SYMBOL}`);
  const all = await Promise.all(Array.from({ length: 12 }, found));
  const settling = all.map((match) => matches.settle([match], { lease: old }));
  const taking = (async () => {
    await old.release();
    const lease = await other.leases.hold(`matching/${SYMBOL}`);
    const open = await Array.fromAsync(other.orders.listOpen({ symbol: SYMBOL }, { fresh: true }));
    return { lease, open: new Set(open.map(({ id }) => id)) };
  })();
  const settled = (await Promise.all(settling)).flat();
  const { lease, open } = await taking;
  for (const [i, { makerOrderId, takerOrderId }] of all.entries()) {
    expect(open.has(makerOrderId)).toBe(!settled[i]!.ok);
    expect((await orders.get(takerOrderId)).status).toBe(settled[i]!.ok ? 'filled' : 'new');
  }
  await lease.release();
});
