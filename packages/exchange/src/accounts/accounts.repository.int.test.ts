import { withContext } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestExchange, errorsOf, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

const unknown = { kind: 'not-found', code: 'unknown-account' };

test('an account is opened, read back, suspended, and read back suspended', async () => {
  const { accounts } = t.exchange;
  const opened = await accounts.open({
    accountId: 'life',
    ownerId: 'ada',
    feeTier: 'vip',
    metadata: { desk: [1, null, 'x'] },
  });
  expect(opened).toEqual({
    accountId: 'life',
    ownerId: 'ada',
    kind: 'customer',
    type: 'spot',
    status: 'active',
    kycStatus: 'pending',
    feeTier: 'vip',
    checkRequired: false,
    metadata: { desk: [1, null, 'x'] },
    openedAt: '2026-01-01T00:00:00.000000Z',
    version: 1,
  });
  expect(await accounts.get('life')).toEqual(opened);

  const suspended = await accounts.changeStatus({ accountId: 'life', status: 'suspended', reason: 'audit' });
  expect(suspended).toEqual({ ...opened, status: 'suspended', version: 2 });
  expect(await accounts.find('life')).toEqual(suspended);
});

test('the same open again answers the account that stands, other content is a conflict, and nothing is there twice', async () => {
  const { accounts } = t.exchange;
  const input = { accountId: 'again', ownerId: 'ada', type: 'margin' as const };
  const opened = await accounts.open(input);
  await accounts.decideKyc({ accountId: 'again', kycStatus: 'approved' });
  const repeats = await Promise.all([accounts.open(input), accounts.open(input)]);
  for (const repeat of repeats) expect(repeat).toEqual({ ...opened, kycStatus: 'approved', version: 2 });
  const before = await t.everything();
  await expect(accounts.open({ ...input, type: 'spot' })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'id-conflict',
  });
  expect(await t.everything()).toBe(before);
  expect(await accounts.listEvents('again')).toMatchObject([
    { version: 1, type: 'opened' },
    { version: 2, type: 'changed' },
  ]);

  const racing = await Promise.allSettled(
    Array.from({ length: 6 }, (_, i) => accounts.open({ accountId: 'raced', ownerId: i % 2 ? 'ada' : 'bob' })),
  );
  const { ownerId } = await accounts.get('raced');
  expect(racing.map(({ status }) => status)).toEqual(
    racing.map((_, i) => ((i % 2 ? 'ada' : 'bob') === ownerId ? 'fulfilled' : 'rejected')),
  );
});

test('accounts without an id of the caller get one', async () => {
  const one = await t.exchange.accounts.open({ ownerId: 'nameless' });
  const two = await t.exchange.accounts.open({ ownerId: 'nameless' });
  expect(one.accountId).not.toBe(two.accountId);
  expect((await t.exchange.accounts.list({ ownerId: 'nameless' })).items).toEqual([one, two]);
});

test('spot and margin accounts of one owner are listed, page by page, and filters narrow them', async () => {
  const { accounts } = t.exchange;
  for (const type of ['spot', 'margin', 'futures'] as const)
    await accounts.open({ accountId: `eve-${type}`, ownerId: 'eve', type });
  await accounts.changeStatus({ accountId: 'eve-futures', status: 'closed' });
  await accounts.decideKyc({ accountId: 'eve-spot', kycStatus: 'rejected' });
  const ids = async (filter: object) =>
    (await Array.fromAsync(accounts.list({ ownerId: 'eve', limit: 2, ...filter }))).map(({ accountId }) => accountId);
  expect(await ids({})).toEqual(['eve-futures', 'eve-margin', 'eve-spot']);
  expect(await ids({ limit: 1 })).toEqual(['eve-futures', 'eve-margin', 'eve-spot']);
  expect(await ids({ type: 'margin' })).toEqual(['eve-margin']);
  expect(await ids({ status: 'closed' })).toEqual(['eve-futures']);
  expect(await ids({ kycStatus: 'rejected' })).toEqual(['eve-spot']);
  expect(await ids({ kind: 'house' })).toEqual([]);

  const first = await accounts.list({ ownerId: 'eve', limit: 2 });
  expect(first.items).toHaveLength(2);
  expect((await accounts.list({ ownerId: 'eve', cursor: first.next! })).items).toMatchObject([
    { accountId: 'eve-spot' },
  ]);
});

test('status and KYC change along their machines, with a version on demand, and each change is told', async () => {
  const { accounts } = t.exchange;
  await t.customer('states');
  const status = (to: 'active' | 'suspended' | 'closed', version?: number) =>
    accounts.changeStatus({ accountId: 'states', status: to, ...(version !== undefined && { version }) });
  const kyc = (to: 'pending' | 'approved' | 'rejected') => accounts.decideKyc({ accountId: 'states', kycStatus: to });

  await withContext({ actor: 'compliance' }, () => kyc('rejected'));
  await expect(kyc('approved')).rejects.toMatchObject({ kind: 'conflict', code: 'illegal-transition' });
  await kyc('pending');
  expect(await kyc('approved')).toMatchObject({ kycStatus: 'approved', version: 4 });
  expect(await kyc('approved')).toMatchObject({ version: 4 });
  await expect(status('suspended', 3)).rejects.toMatchObject({ kind: 'conflict', code: 'stale-version' });
  expect(await status('suspended', 4)).toMatchObject({ status: 'suspended', version: 5 });
  expect(await status('active')).toMatchObject({ status: 'active', version: 6 });
  expect(
    await accounts.configure({ accountId: 'states', feeTier: 'vip', checkRequired: true, metadata: { a: 1 } }),
  ).toMatchObject({
    feeTier: 'vip',
    checkRequired: true,
    metadata: { a: 1 },
    version: 7,
  });
  await status('closed');
  const changes = [status('active'), kyc('rejected'), accounts.configure({ accountId: 'states', feeTier: 'other' })];
  for (const error of await errorsOf(changes))
    expect(error).toMatchObject({ kind: 'conflict', code: 'account-closed' });

  const events = await accounts.listEvents('states');
  expect(events.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(events[1]).toMatchObject({
    type: 'changed',
    kycStatus: 'rejected',
    changes: { kycStatus: 'rejected' },
    actor: 'compliance',
  });
  const published = async () =>
    (await t.box.events.all('account.changed')).filter(({ payload }) => payload['accountId'] === 'states');
  await expect
    .poll(async () => (await published()).map(({ payload }) => payload['accountVersion']))
    .toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('an account closes empty only, and nothing comes into a closed one', async () => {
  const { accounts, ledger, holds, orders } = t.exchange;
  await t.customer('full', { USD: '10' });
  const close = () => accounts.changeStatus({ accountId: 'full', status: 'closed' });
  await expect(close()).rejects.toMatchObject({ kind: 'conflict', code: 'account-not-empty' });
  await ledger.withdraw({ reference: 'out', accountId: 'full', asset: 'USD', amount: '10' });
  expect(await close()).toMatchObject({ status: 'closed' });
  const closed = { kind: 'conflict', code: 'account-closed' };
  await expect(ledger.deposit({ reference: 'in', accountId: 'full', asset: 'USD', amount: '1' })).rejects.toMatchObject(
    closed,
  );
  await expect(
    holds.place({ kind: 'manual', reference: 'in', accountId: 'full', asset: 'USD', amount: '1' }),
  ).rejects.toMatchObject(closed);
  await expect(t.place({ accountId: 'full', side: 'sell' })).rejects.toMatchObject(closed);
  await expect(accounts.setOverdraft({ accountId: 'full', asset: 'USD', overdraft: '1' })).rejects.toMatchObject(
    closed,
  );
  expect((await orders.list({ accountId: 'full' })).items).toEqual([]);
});

test('nothing slips into an account while it is being closed', async () => {
  const { accounts, ledger } = t.exchange;
  for (let round = 0; round < 8; round += 1) {
    const accountId = `closing-${round}`;
    await t.customer(accountId);
    const results = await Promise.allSettled([
      ledger.deposit({ reference: accountId, accountId, asset: 'USD', amount: '1' }),
      accounts.changeStatus({ accountId, status: 'closed' }),
      t.customer(`${accountId}/sub`, {}, accountId),
    ]);
    const { status } = await accounts.get(accountId);
    expect(results[1].status).toBe(status === 'closed' ? 'fulfilled' : 'rejected');
    if (status === 'closed') {
      expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled', 'rejected']);
      expect(await t.balances(accountId)).toEqual({});
    }
  }
});

test('metadata is kept as it is; what is too deep, too large or no JSON is refused by its name', async () => {
  const { accounts } = t.exchange;
  const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  const given = { text: 'ünïcode 🙂 \\u0041', number: 1.5, nested: { deep: [[[]]] } };
  await accounts.open({ accountId: 'meta', ownerId: 'o', metadata: given });
  expect((await accounts.get('meta', { fresh: true })).metadata).toEqual(given);
  for (const metadata of [
    { a: nested(5000) },
    { a: nested(33) },
    { a: 'x'.repeat(5000) },
    { ['k'.repeat(65)]: 1 },
    { a: Number.NaN },
    { a: 1n },
    { a: undefined },
    { a: () => 1 },
    { a: Symbol('s') },
    { a: new Date(0) },
    { a: new Map() },
    { a: 'nul \0' },
    { a: { 'nul \0': 1 } },
    { a: '\uD800' },
  ]) {
    const opening = accounts.open({
      accountId: 'hostile',
      ownerId: 'o',
      metadata,
    });
    await expect(opening).rejects.toMatchObject({
      kind: 'invalid-input',
      issues: [{ path: expect.stringMatching(/^metadata/) }],
    });
  }
  expect(await accounts.find('hostile')).toBeUndefined();
});

test('an overdraft lets a customer go below zero so far and no further', async () => {
  const { accounts, ledger, balances } = t.exchange;
  await t.customer('poor', { USD: '10' });
  await t.customer('rich', { USD: '10' });
  await balances.list('poor');
  const pay = (amount: string, reference: string) =>
    ledger.transfer({ reference, from: { accountId: 'poor' }, to: { accountId: 'rich' }, asset: 'USD', amount });
  await expect(pay('10.5', 'p1')).rejects.toMatchObject({ kind: 'conflict', code: 'insufficient-funds' });
  expect(
    await accounts.setOverdraft({ accountId: 'poor', asset: 'USD', overdraft: '5.00', reason: 'credit line' }),
  ).toBe('5');
  expect(await accounts.setOverdraft({ accountId: 'poor', asset: 'USD', overdraft: '5' })).toBe('5');
  // The copy in Redis follows, too.
  await expect
    .poll(() => balances.get({ accountId: 'poor', asset: 'USD' }))
    .toMatchObject({ available: '15', total: '10' });
  await pay('15', 'p1');
  expect(await t.balances('poor')).toMatchObject({ USD: ['0', '0', '-5'] });
  await expect(pay('0.0000000001', 'p2')).rejects.toMatchObject({ code: 'insufficient-funds' });
  await expect(accounts.setOverdraft({ accountId: 'poor', asset: 'USD', overdraft: '4.9' })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'overdraft-in-use',
  });
  const tooLarge = accounts.setOverdraft({ accountId: 'rich', asset: 'USD', overdraft: '99999999999999999999' });
  await expect(tooLarge).rejects.toMatchObject({
    kind: 'invalid-input',
    code: 'out-of-range',
    issues: [{ path: 'overdraft' }],
  });
  const tooFine = accounts.setOverdraft({ accountId: 'rich', asset: 'USD', overdraft: '0.00000000001' });
  await expect(tooFine).rejects.toMatchObject({
    kind: 'invalid-input',
    code: 'too-many-digits',
    issues: [{ path: 'overdraft' }],
  });
  await expect(accounts.setOverdraft({ accountId: 'rich', asset: 'DOGE', overdraft: '1' })).rejects.toMatchObject({
    code: 'unknown-asset',
  });
  await expect(accounts.setOverdraft({ accountId: 'external', asset: 'USD', overdraft: '1' })).rejects.toMatchObject({
    code: 'not-a-customer',
  });
  expect((await accounts.listEvents('poor')).at(-1)).toMatchObject({
    type: 'overdraft-changed',
    changes: { asset: 'USD', overdraft: '5', before: '0' },
    reason: 'credit line',
  });
});

test('ids that are none are refused, ids of nobody are not found', async () => {
  const { accounts } = t.exchange;
  await expect(accounts.get('nobody')).rejects.toMatchObject(unknown);
  await expect(accounts.changeStatus({ accountId: 'nobody', status: 'closed' })).rejects.toMatchObject(unknown);
  await expect(accounts.get('no body')).rejects.toMatchObject({ kind: 'invalid-input' });
  await expect(accounts.get("x' or '1'='1")).rejects.toMatchObject({ kind: 'invalid-input' });
  expect(await accounts.find('nobody')).toBeUndefined();
});
