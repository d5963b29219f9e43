import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCustodian, errorsOf, testCustodian } from '../test-custodian.ts';

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian();
});
afterAll(() => t[Symbol.asyncDispose]());

test('an account is opened once: the same again is the first one, other content a conflict', async () => {
  const input = {
    accountId: 'once',
    kind: 'segregated',
    parentId: 'omnibus',
    client: { venue: 'exchange', accountId: 'once' },
    ownerId: 'someone',
  } as const;
  const opened = await Promise.all(Array.from({ length: 8 }, () => t.custodian.accounts.open(input)));
  expect(new Set(opened.map((account) => JSON.stringify(account))).size).toBe(1);
  expect(opened[0]).toEqual({ ...input, status: 'active', openedAt: expect.any(String), version: 1 });
  const errors = await errorsOf([
    t.custodian.accounts.open({ ...input, ownerId: 'else' }),
    t.custodian.accounts.open({ ...input, accountId: 'twice' }),
    t.custodian.accounts.open({ ...input, accountId: 'lost', client: undefined, parentId: 'nobody' }),
    t.custodian.accounts.open({ ...input, accountId: 'deep', client: undefined, parentId: 'once' }),
  ]);
  expect(errors).toMatchObject([
    { kind: 'conflict', code: 'id-conflict' },
    { kind: 'conflict', code: 'client-conflict' },
    { kind: 'not-found', code: 'unknown-parent' },
    { kind: 'invalid-input', code: 'wrong-parent' },
  ]);
  expect(await t.custodian.accounts.findByClient(input.client)).toEqual(opened[0]);
  expect(await t.custodian.accounts.find('nobody')).toBeUndefined();
  await expect(t.custodian.accounts.get('nobody')).rejects.toMatchObject({ code: 'unknown-account' });
});

test.each([
  [{ kind: 'master', parentId: 'master' }, 'parentId'],
  [{ kind: 'external', parentId: 'master' }, 'parentId'],
  [{ kind: 'segregated' }, 'parentId'],
  [{ kind: 'omnibus' }, 'parentId'],
  [{ kind: 'omnibus', parentId: 'master', client: { venue: 'v', accountId: 'c' } }, 'client'],
] as const)('%j is no account, and says where', async (input, path) => {
  await expect(t.custodian.accounts.open({ ownerId: 'o', ...input })).rejects.toMatchObject({
    kind: 'invalid-input',
    issues: [{ path }],
  });
});

test('an account goes from active to suspended to active to closed, each with its event, and never further', async () => {
  const { accounts } = t.custodian;
  await t.client('life');
  await accounts.changeStatus({ accountId: 'life', status: 'suspended', reason: 'why', version: 1 });
  await expect(accounts.changeStatus({ accountId: 'life', status: 'active', version: 1 })).rejects.toMatchObject({
    code: 'stale-version',
  });
  await accounts.changeStatus({ accountId: 'life', status: 'active' });
  expect(await accounts.changeStatus({ accountId: 'life', status: 'closed' })).toMatchObject({
    status: 'closed',
    version: 4,
  });
  expect(await accounts.changeStatus({ accountId: 'life', status: 'closed' })).toMatchObject({ version: 4 });
  await expect(accounts.changeStatus({ accountId: 'life', status: 'active' })).rejects.toMatchObject({
    code: 'illegal-transition',
  });
  expect((await accounts.listEvents('life')).map(({ status, reason }) => [status, reason])).toEqual([
    ['active', undefined],
    ['suspended', 'why'],
    ['active', undefined],
    ['closed', undefined],
  ]);
});

test('an account with holdings or with open accounts below does not close', async () => {
  await t.client('full', { USD: '1' });
  const close = (accountId: string) => t.custodian.accounts.changeStatus({ accountId, status: 'closed' });
  expect(await errorsOf([close('full'), close('omnibus'), close('master')])).toMatchObject(
    Array.from({ length: 3 }, () => ({ kind: 'conflict', code: 'account-not-empty' })),
  );
});

test('lists are by kind, parent, owner, venue and status, page by page', async () => {
  const { accounts } = t.custodian;
  await t.client('l1');
  await t.client('l2');
  expect((await accounts.list({ kind: 'omnibus' })).items.map(({ accountId }) => accountId)).toEqual(['omnibus']);
  expect((await accounts.list({ ownerId: 'l2' })).items).toMatchObject([{ accountId: 'l2' }]);
  const ids = async (limit: number) =>
    (await Array.fromAsync(accounts.list({ parentId: 'omnibus', venue: 'exchange', limit }))).map(
      ({ accountId }) => accountId,
    );
  expect(await ids(1)).toEqual(await ids(100));
  expect(await ids(1)).toEqual(expect.arrayContaining(['l1', 'l2']));
});
