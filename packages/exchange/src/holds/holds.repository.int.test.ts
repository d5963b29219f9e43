import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlaceHold } from '../index.ts';
import { type TestExchange, errorsOf, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

const placing = (over: Partial<PlaceHold> & Pick<PlaceHold, 'accountId' | 'reference'>): PlaceHold => ({
  kind: 'manual',
  asset: 'USD',
  amount: '10',
  ...over,
});
const closed = { kind: 'conflict', code: 'hold-closed' };

test('a hold sets funds aside, and releasing it gives them back', async () => {
  const { holds, ledger } = t.exchange;
  await t.customer('h1', { USD: '15' });
  const hold = await holds.place(placing({ accountId: 'h1', reference: 'h1', amount: '10.50' }));
  expect(hold).toEqual({
    holdId: 'manual:h1',
    kind: 'manual',
    reference: 'h1',
    accountId: 'h1',
    asset: 'USD',
    amount: '10.5',
    captured: '0',
    released: '0',
    state: 'open',
    placedAt: '2026-01-01T00:00:00.000000Z',
  });
  expect(await t.balances('h1')).toEqual({ USD: ['4.5', '10.5', '15'] });
  await expect(
    ledger.withdraw({ reference: 'h1', accountId: 'h1', asset: 'USD', amount: '4.6' }),
  ).rejects.toMatchObject({ code: 'insufficient-funds' });
  const released = await holds.release({ accountId: 'h1', holdId: hold.holdId });
  expect(released).toEqual({ ...hold, released: '10.5', state: 'released', closedAt: hold.placedAt });
  expect(await holds.release({ accountId: 'h1', holdId: hold.holdId })).toEqual(released);
  expect(await holds.find(hold.holdId)).toEqual(released);
  expect(await t.balances('h1')).toEqual({ USD: ['15', '0', '15'] });
});

test('the same hold again is the one that stands, other content is a conflict, and it holds once', async () => {
  const { holds } = t.exchange;
  await t.customer('h2', { USD: '100' });
  const input = placing({ accountId: 'h2', reference: 'h2', expiresAt: '2026-02-01T00:00:00Z' });
  const all = await Promise.all(Array.from({ length: 8 }, () => holds.place(input)));
  for (const hold of all) expect(hold).toEqual(all[0]);
  expect(await t.balances('h2')).toEqual({ USD: ['90', '10', '100'] });
  const before = await t.everything();
  for (const over of [{ amount: '11' }, { asset: 'BTC' }, { accountId: 'h1' }, { expiresAt: '2026-02-02T00:00:00Z' }])
    await expect(holds.place({ ...input, ...over })).rejects.toMatchObject({ kind: 'conflict', code: 'id-conflict' });
  expect(await t.everything()).toBe(before);
  await holds.place({ ...input, kind: 'in-settlement' });
  expect(await t.balances('h2')).toEqual({ USD: ['80', '20', '100'] });
});

test('what cannot be held is refused with what was asked and what there is', async () => {
  const { holds, accounts } = t.exchange;
  await t.customer('h3', { USD: '5' });
  await t.customer('frozen', { USD: '5' });
  await accounts.changeStatus({ accountId: 'frozen', status: 'suspended' });
  const before = await t.everything();
  const place = (over: object) => holds.place(placing({ accountId: 'h3', reference: 'x', amount: '1', ...over }));
  const cases: [over: object, error: object][] = [
    [{ amount: '5.1' }, { kind: 'conflict', code: 'insufficient-funds', details: { required: '5.1', available: '5' } }],
    [{ amount: '0.00000000001' }, { kind: 'invalid-input', code: 'too-many-digits', issues: [{ path: 'amount' }] }],
    [
      { expiresAt: '2026-01-01T00:00:00Z' },
      { kind: 'invalid-input', code: 'already-expired', issues: [{ path: 'expiresAt' }] },
    ],
    [{ asset: 'DOGE' }, { kind: 'not-found', code: 'unknown-asset' }],
    [{ accountId: 'nobody' }, { kind: 'not-found', code: 'unknown-account' }],
    [{ accountId: 'external' }, { kind: 'conflict', code: 'not-a-customer' }],
    [{ accountId: 'frozen' }, { kind: 'conflict', code: 'account-suspended' }],
    [{ kind: 'in-order' }, { kind: 'invalid-input', issues: [{ path: 'kind' }] }],
  ];
  expect(await errorsOf(cases.map(([over]) => place(over)))).toMatchObject(cases.map(([, error]) => error));
  expect(await t.everything()).toBe(before);
});

test('a withdrawal is paid out of its hold, and gives the rest of it back', async () => {
  const { holds, ledger } = t.exchange;
  await t.customer('h4', { USD: '100' });
  await t.customer('h4b', { USD: '100' });
  const hold = await holds.place(placing({ kind: 'in-withdrawal', accountId: 'h4', reference: 'tr-1', amount: '60' }));
  await holds.place(placing({ accountId: 'h4', reference: 'rest', amount: '40' }));
  const pay = (over: object) =>
    ledger.withdraw({ reference: 'tr-1', accountId: 'h4', asset: 'USD', amount: '55', holdId: hold.holdId, ...over });
  const before = await t.everything();
  expect(
    await errorsOf([
      pay({ amount: '61' }),
      pay({ accountId: 'h4b' }),
      pay({ holdId: 'manual:none' }),
      pay({ asset: 'BTC' }),
    ]),
  ).toMatchObject([
    { kind: 'conflict', code: 'hold-exceeded' },
    { kind: 'not-found', code: 'unknown-hold' },
    { kind: 'not-found', code: 'unknown-hold' },
    { kind: 'not-found', code: 'unknown-hold' },
  ]);
  expect(await t.everything()).toBe(before);
  const paid = await pay({});
  expect(await pay({})).toEqual(paid);
  expect(await holds.find(hold.holdId)).toMatchObject({ captured: '55', released: '5', state: 'captured' });
  expect(await t.balances('h4')).toEqual({ USD: ['5', '40', '45'] });
  await expect(pay({ reference: 'tr-2', amount: '1' })).rejects.toMatchObject(closed);
  await expect(holds.release({ accountId: 'h4', holdId: hold.holdId })).rejects.toMatchObject(closed);
});

test('the funds of an order are not for others to release, extend or withdraw', async () => {
  const { holds, ledger } = t.exchange;
  await t.customer('h5', { USD: '200' });
  const order = await t.place({ accountId: 'h5', side: 'buy' });
  const holdId = `in-order:${order.id}`;
  expect(await holds.find(holdId)).toMatchObject({ kind: 'in-order', amount: '100.2', state: 'open' });
  const unknown = { kind: 'not-found', code: 'unknown-hold' };
  const calls = [
    holds.release({ accountId: 'h5', holdId }),
    holds.extend({ accountId: 'h5', holdId, expiresAt: '2027-01-01T00:00:00Z' }),
    ledger.withdraw({ reference: 'h5', accountId: 'h5', asset: 'USD', amount: '1', holdId }),
  ];
  expect(await errorsOf(calls)).toMatchObject([unknown, unknown, unknown]);
});

test('holds expire in business time, an extended one later, one without expiry never', async () => {
  const { holds } = t.exchange;
  await t.customer('h6', { USD: '100' });
  const place = (reference: string, expiresAt?: string) =>
    holds.place(placing({ accountId: 'h6', reference, ...(expiresAt && { expiresAt }) }));
  const stateOf = async (reference: string) => (await holds.find(`manual:${reference}`))?.state;
  await place('short', '2026-01-01T00:15:00Z');
  await place('longer', '2026-01-01T00:15:00Z');
  await place('open-ended', '2026-01-01T00:15:00Z');
  await place('other');
  expect(
    await holds.extend({ accountId: 'h6', holdId: 'manual:longer', expiresAt: '2026-01-01T01:00:00Z' }),
  ).toMatchObject({
    expiresAt: '2026-01-01T01:00:00.000000Z',
  });
  expect(await holds.extend({ accountId: 'h6', holdId: 'manual:open-ended' })).not.toHaveProperty('expiresAt');
  await expect(
    holds.extend({ accountId: 'h6', holdId: 'manual:short', expiresAt: '2025-12-31T00:00:00Z' }),
  ).rejects.toMatchObject({ code: 'already-expired' });

  await t.box.clock.advance('PT16M');
  await expect.poll(() => stateOf('short')).toBe('expired');
  expect(await holds.find('manual:short')).toMatchObject({ released: '10', closedAt: '2026-01-01T00:16:00.000000Z' });
  expect(await Promise.all(['longer', 'open-ended', 'other'].map(stateOf))).toEqual(['open', 'open', 'open']);
  expect(await t.balances('h6')).toEqual({ USD: ['70', '30', '100'] });
  await expect(
    holds.extend({ accountId: 'h6', holdId: 'manual:short', expiresAt: '2027-01-01T00:00:00Z' }),
  ).rejects.toMatchObject(closed);
  await t.box.clock.advance('P1D');
  await expect.poll(() => stateOf('longer')).toBe('expired');
  expect(await t.balances('h6')).toEqual({ USD: ['80', '20', '100'] });
});

test('a balance is never held twice, whoever asks at once', async () => {
  const { holds } = t.exchange;
  await t.customer('h7', { USD: '35' });
  const calls = Array.from({ length: 12 }, (_, i) => holds.place(placing({ accountId: 'h7', reference: `race-${i}` })));
  const results = await Promise.allSettled(calls);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(await t.balances('h7')).toEqual({ USD: ['5', '30', '35'] });
});

test('the portfolio tells what is held by why, and lists tell which holds those are', async () => {
  const { holds } = t.exchange;
  await t.customer('h8', { USD: '1000', BTC: '3' });
  for (const kind of ['in-withdrawal', 'in-settlement', 'manual'] as const)
    await holds.place(placing({ kind, accountId: 'h8', reference: 'h8' }));
  await holds.place(placing({ accountId: 'h8', reference: 'h8-more', amount: '2.5' }));
  await t.place({ accountId: 'h8', side: 'buy' });
  await t.place({ accountId: 'h8', side: 'sell', quantity: '0.5' });
  const { held, balances } = await t.exchange.getAccountPortfolio('h8');
  expect(held).toEqual([
    { asset: 'BTC', kind: 'in-order', amount: '0.5' },
    { asset: 'USD', kind: 'in-order', amount: '100.2' },
    { asset: 'USD', kind: 'in-settlement', amount: '10' },
    { asset: 'USD', kind: 'in-withdrawal', amount: '10' },
    { asset: 'USD', kind: 'manual', amount: '12.5' },
  ]);
  expect(balances).toMatchObject([
    { asset: 'BTC', held: '0.5' },
    { asset: 'USD', held: '132.7' },
  ]);

  const ids = async (filter: object) =>
    (await Array.fromAsync(holds.list({ accountId: 'h8', limit: 2, ...filter }))).map(({ holdId }) => holdId);
  expect(await ids({ kind: 'manual' })).toEqual(['manual:h8', 'manual:h8-more']);
  expect(await ids({})).toHaveLength(6);
  await holds.release({ accountId: 'h8', holdId: 'manual:h8' });
  expect(await ids({ kind: 'manual', state: 'open' })).toEqual(['manual:h8-more']);
  expect(await ids({ state: 'released' })).toEqual(['manual:h8']);
});
