import { queryBuilder } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Order, PreventedMatch, SelfTradePrevention } from '../index.ts';
import type { Tables } from '../schema.ts';
import { SYMBOL, type TestExchange, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

let named = 0;
const meeting = async (selfTradePrevention: SelfTradePrevention) => {
  const accountId = `self-${(named += 1)}`;
  await t.customer(accountId, { USD: '1000', BTC: '10' });
  const maker = await t.place({ accountId, side: 'sell', quantity: '2' });
  const taker = await t.place({ accountId, side: 'buy', selfTradePrevention });
  return { accountId, maker, taker };
};
const prevented = (maker: Order, taker: Order, over: Partial<PreventedMatch> = {}): PreventedMatch => ({
  preventionId: `${maker.id.slice(-12)}x${taker.id.slice(-12)}`,
  symbol: SYMBOL,
  makerOrderId: maker.id,
  takerOrderId: taker.id,
  price: '100',
  quantity: '1',
  ...over,
});
const recorded = (id: string) =>
  t.stores.pg.query(
    'test',
    'read',
    queryBuilder<Tables>()
      .selectFrom('prevented_matches')
      .select(['account_id', 'price', 'qty', 'stp_mode'])
      .where('id', '=', id),
  );

test.each([
  {
    mode: 'cancel-newest',
    maker: 'new',
    taker: 'expired-in-match',
    left: { USD: ['1000', '0', '1000'], BTC: ['8', '2', '10'] },
  },
  {
    mode: 'cancel-oldest',
    maker: 'expired-in-match',
    taker: 'new',
    left: { USD: ['899.8', '100.2', '1000'], BTC: ['10', '0', '10'] },
  },
  {
    mode: 'cancel-both',
    maker: 'expired-in-match',
    taker: 'expired-in-match',
    left: { USD: ['1000', '0', '1000'], BTC: ['10', '0', '10'] },
  },
] as const)('$mode: the maker is $maker and the taker $taker, recorded once', async ({ mode, maker, taker, left }) => {
  const { matches, orders } = t.exchange;
  const met = await meeting(mode);
  expect(await matches.settle([t.match(met.maker, met.taker)])).toMatchObject([
    { ok: false, error: { kind: 'conflict', code: 'self-trade' } },
  ]);
  const prevention = prevented(met.maker, met.taker);
  const answer = [{ ok: true, value: { preventionId: prevention.preventionId } }];
  expect(await matches.prevent([prevention])).toEqual(answer);
  expect(await orders.get(met.maker.id)).toMatchObject({
    status: maker,
    ...(maker !== 'new' && { reason: 'self-trade' }),
  });
  expect(await orders.get(met.taker.id)).toMatchObject({
    status: taker,
    ...(taker !== 'new' && { reason: 'self-trade' }),
  });
  expect(await t.balances(met.accountId)).toEqual(left);
  expect(await recorded(prevention.preventionId)).toEqual([
    { account_id: met.accountId, price: '100', qty: '1', stp_mode: mode },
  ]);

  const before = await t.everything();
  expect(await matches.prevent([prevention])).toEqual(answer);
  expect(await matches.prevent([{ ...prevention, quantity: '0.5' }])).toMatchObject([
    { ok: false, error: { kind: 'conflict', code: 'id-conflict' } },
  ]);
  expect(await t.everything()).toBe(before);
  const ended = async () =>
    (await t.box.events.all('order.closed')).filter(({ payload }) => payload['accountId'] === met.accountId);
  await expect
    .poll(async () => (await ended()).map(({ payload }) => payload['reason']))
    .toEqual(mode === 'cancel-both' ? ['self-trade', 'self-trade'] : ['self-trade']);
});

test('whoever allows it trades with itself, and only pays the fees', async () => {
  const met = await meeting('none');
  expect(await t.exchange.matches.settle([t.match(met.maker, met.taker)])).toMatchObject([{ ok: true }]);
  expect(await t.balances(met.accountId)).toEqual({ BTC: ['9', '1', '10'], USD: ['999.7', '0', '999.7'] });
  expect((await t.exchange.trades.listOfAccount({ accountId: met.accountId })).items).toHaveLength(1);
});

test('what is no self-trade is not prevented, and ends nothing', async () => {
  const { matches, orders } = t.exchange;
  const [one, two, free] = [await meeting('cancel-both'), await meeting('cancel-both'), await meeting('none')];
  const pending = await t.place({ accountId: one.accountId, side: 'buy', pending: true });
  const closed = await t.place({ accountId: one.accountId, side: 'buy' });
  await orders.cancel({ accountId: one.accountId, orderId: closed.id });
  const before = await t.everything();
  const conflict = (code: string) => ({ kind: 'conflict', code });
  const cases: [given: PreventedMatch, error: object][] = [
    [prevented(one.maker, two.taker), conflict('not-a-self-trade')],
    [prevented(one.maker, one.maker), conflict('not-a-self-trade')],
    [prevented(free.maker, free.taker), conflict('not-a-self-trade')],
    [prevented(one.maker, pending), conflict('order-pending')],
    [prevented(one.maker, closed), conflict('order-closed')],
    [prevented(one.maker, one.taker, { takerOrderId: 'nobody' }), { kind: 'not-found', code: 'unknown-order' }],
    [prevented(one.maker, one.taker, { symbol: 'BTC-DOGE' }), { kind: 'not-found', code: 'unknown-market' }],
  ];
  expect(await matches.prevent(cases.map(([given]) => given))).toMatchObject(
    cases.map(([, error]) => ({ ok: false, error })),
  );
  expect(await t.everything()).toBe(before);
  const batch = [
    prevented(one.maker, one.taker),
    prevented(one.maker, one.taker, { preventionId: 'later' }),
    prevented(two.maker, two.taker),
  ];
  expect(await matches.prevent(batch)).toMatchObject([
    { ok: true },
    { ok: false, error: conflict('order-closed') },
    { ok: true },
  ]);
  expect(await matches.prevent([])).toEqual([]);
});
