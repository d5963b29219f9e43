import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApprovalTerms, RequestTransfer } from '../index.ts';
import { type TestCustodian, errorsOf, testCustodian } from '../test-custodian.ts';

const terms: ApprovalTerms = {
  expiresAfter: 'PT1H',
  groups: [{ name: 'treasury', threshold: 2, members: ['ann', 'ben', 'cat'] }],
};

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian();
  const { approvals, policies } = t.custodian;
  for (const approverId of ['ann', 'ben', 'cat']) await approvals.registerApprover({ approverId });
  await policies.propose({
    policyId: 'p1',
    initiatorId: 'ivy',
    changeTerms: terms,
    rules: [
      { ruleId: 'never', action: 'block', assets: ['DOGE'] },
      { ruleId: 'screened', action: 'approve', assets: ['XMR'], screening: true, terms },
      { ruleId: 'in', action: 'allow', kinds: ['deposit', 'internal'] },
      { ruleId: 'small', action: 'allow', limit: { per: 'transfer', amount: '10' } },
      {
        ruleId: 'daily',
        action: 'approve',
        limit: { per: 'window', window: 'PT24H', amount: '100', of: 'account' },
        terms,
      },
    ],
  });
});
afterAll(() => t[Symbol.asyncDispose]());

let keys = 0;
const asking = (accountId: string, over: Partial<RequestTransfer> = {}): RequestTransfer => ({
  requesterId: 'rita',
  idempotencyKey: `k${(keys += 1)}`,
  kind: 'withdrawal',
  fromAccountId: accountId,
  toAccountId: 'external',
  asset: 'BTC',
  amount: '1',
  ...over,
});
const conflict = (code: string) => ({ kind: 'conflict', code });
async function approve(requestId: string, approvers = ['ann', 'ben']) {
  const { approvals } = t.custodian;
  const { subject } = await approvals.get(requestId);
  for (const approverId of approvers)
    await approvals.vote({ requestId, approverId, decision: 'approve', digest: subject.digest });
}
const effects = async (transferId: string) =>
  (await t.custodian.transfers.listEvents(transferId)).map(
    ({ from, status, effect }) => `${from} > ${status}: ${effect}`,
  );

test('a withdrawal reserves when it is asked for, moves on step by step, and captures at its end', async () => {
  const { transfers, holdings } = t.custodian;
  await t.client('a1', { BTC: '10' });
  const asked = asking('a1', { transferId: 't1', amount: '2.50', address: 'bc1q' });
  const transfer = await transfers.request(asked);
  expect(transfer).toEqual({
    transferId: 't1',
    requesterId: 'rita',
    idempotencyKey: asked.idempotencyKey,
    kind: 'withdrawal',
    fromAccountId: 'a1',
    toAccountId: 'external',
    asset: 'BTC',
    amount: '2.5',
    address: 'bc1q',
    status: 'queued',
    digest: transfer.digest,
    policyVersion: 1,
    ruleId: 'small',
    requestedAt: '2026-01-01T00:00:00.000000Z',
    version: 2,
  });
  expect(await t.holdings('a1')).toEqual({ BTC: ['10', '2.5'] });
  await transfers.broadcast({ transferId: 't1', transactionHash: '0xabc', version: 2 });
  await transfers.confirm({ transferId: 't1' });
  const done = await transfers.complete({ transferId: 't1' });
  expect(done).toMatchObject({
    status: 'completed',
    transactionHash: '0xabc',
    closedAt: transfer.requestedAt,
    version: 5,
  });
  expect(await transfers.complete({ transferId: 't1' })).toEqual(done);
  expect(await transfers.broadcast({ transferId: 't1' })).toEqual(done);
  expect(await transfers.request(asked)).toEqual(done);
  expect(await t.holdings('a1')).toEqual({ BTC: ['7.5', '0'] });
  expect(await holdings.findTransaction('transfer:t1')).toMatchObject({
    movements: [
      { accountId: 'a1', amount: '-2.5' },
      { accountId: 'external', amount: '2.5' },
    ],
  });
  expect(await effects('t1')).toEqual([
    'new > submitted: reserve',
    'submitted > queued: none',
    'queued > broadcasting: none',
    'broadcasting > confirming: none',
    'confirming > completed: capture',
  ]);
});

test('a deposit comes from outside and an internal transfer stays inside', async () => {
  const { transfers } = t.custodian;
  await t.client('a2');
  await t.client('b2');
  const deposit = await transfers.request(
    asking('a2', { kind: 'deposit', fromAccountId: 'external', toAccountId: 'a2', amount: '5' }),
  );
  expect(await t.holdings('a2')).toEqual({});
  await transfers.complete({ transferId: deposit.transferId });
  expect(await t.holdings('a2')).toEqual({ BTC: ['5', '0'] });
  const between = await transfers.request(asking('a2', { kind: 'internal', toAccountId: 'b2', amount: '2' }));
  await transfers.complete({ transferId: between.transferId });
  expect([await t.holdings('a2'), await t.holdings('b2')]).toEqual([{ BTC: ['3', '0'] }, { BTC: ['2', '0'] }]);
  const failed = await transfers.request(
    asking('a2', { kind: 'deposit', fromAccountId: 'external', toAccountId: 'a2', amount: '5' }),
  );
  expect(await transfers.fail({ transferId: failed.transferId, reason: 'reorganized' })).toMatchObject({
    status: 'failed',
    reason: 'reorganized',
  });
  expect(await t.holdings('a2')).toEqual({ BTC: ['3', '0'] });
  const completed = async () =>
    (await t.box.events.all()).find(
      ({ payload }) => payload['transferId'] === deposit.transferId && payload['state'] === 'completed',
    );
  await expect.poll(completed).toMatchObject({
    type: 'transfer.changed',
    payload: {
      custodyAccountId: 'a2',
      accountId: 'a2',
      venue: 'exchange',
      counterCustodyAccountId: 'external',
      amount: '5',
    },
  });
});

test('what waits for its approvers goes on with them, and gives funds and usage back without them', async () => {
  const { transfers, approvals, policies } = t.custodian;
  await t.client('a3', { BTC: '1000' });
  const used = async () =>
    (await policies.evaluate({ kind: 'withdrawal', accountId: 'a3', requesterId: 'rita', asset: 'BTC', amount: '11' }))
      .used;
  const ask = () => transfers.request(asking('a3', { amount: '20' }));

  const approved = await ask();
  expect(approved).toMatchObject({ status: 'pending-approval', ruleId: 'daily' });
  expect([await used(), await t.holdings('a3')]).toEqual(['20', { BTC: ['1000', '20'] }]);
  await expect(transfers.broadcast({ transferId: approved.transferId })).rejects.toMatchObject(
    conflict('illegal-transition'),
  );
  await approve(approved.approvalRequestId!);
  expect(await transfers.get(approved.transferId)).toMatchObject({ status: 'queued' });

  const rejected = await ask();
  const { subject } = await approvals.get(rejected.approvalRequestId!);
  expect(subject).toEqual({ kind: 'transfer', id: rejected.transferId, digest: rejected.digest });
  await approvals.vote({
    requestId: rejected.approvalRequestId!,
    approverId: 'cat',
    decision: 'reject',
    digest: subject.digest,
  });
  expect(await transfers.get(rejected.transferId)).toMatchObject({ status: 'rejected', reason: 'approval-rejected' });

  const cancelled = await ask();
  await expect(
    approvals.cancel({ requestId: cancelled.approvalRequestId!, initiatorId: 'rita' }),
  ).rejects.toMatchObject(conflict('not-cancelable'));
  expect(await transfers.cancel({ transferId: cancelled.transferId, reason: 'typo' })).toMatchObject({
    status: 'cancelled',
  });
  expect(await approvals.get(cancelled.approvalRequestId!)).toMatchObject({ status: 'cancelled' });
  await expect(approve(cancelled.approvalRequestId!)).rejects.toMatchObject(conflict('request-decided'));

  const expired = await ask();
  await approve(expired.approvalRequestId!, ['ann']);
  expect([await used(), await t.holdings('a3')]).toEqual(['40', { BTC: ['1000', '40'] }]);
  await t.box.clock.advance('PT1H');
  await expect.poll(async () => (await transfers.get(expired.transferId)).status).toBe('rejected');
  await expect(approve(expired.approvalRequestId!, ['ben'])).rejects.toMatchObject(conflict('request-expired'));
  expect(await transfers.get(expired.transferId)).toMatchObject({ reason: 'approval-expired' });
  expect([await used(), await t.holdings('a3')]).toEqual(['20', { BTC: ['1000', '20'] }]);
  expect(await effects(expired.transferId)).toEqual([
    'new > submitted: reserve',
    'submitted > pending-approval: none',
    'pending-approval > rejected: release',
  ]);
});

test('the rule in force when it was asked for stays its rule', async () => {
  const { transfers, policies, approvals } = t.custodian;
  await t.client('a4', { BTC: '100' });
  const asked = await transfers.request(asking('a4', { amount: '20' }));
  const { approvalRequestId, digest } = await policies.propose({
    policyId: 'p2',
    initiatorId: 'ivy',
    changeTerms: terms,
    rules: [{ ruleId: 'nothing', action: 'block' }],
  });
  await approve(approvalRequestId!);
  expect(digest).not.toBe(asked.digest);
  expect(await transfers.request(asking('a4'))).toMatchObject({
    status: 'blocked',
    policyVersion: 2,
    reason: 'rule nothing',
  });
  expect(await approvals.get(asked.approvalRequestId!)).toMatchObject({
    policyVersion: 1,
    ruleId: 'daily',
    status: 'pending',
  });
  await approve(asked.approvalRequestId!);
  expect(await transfers.get(asked.transferId)).toMatchObject({ status: 'queued', policyVersion: 1 });
  // Back to the rules of this test.
  const { rules } = (await policies.find('p1'))!;
  const back = await policies.propose({ policyId: 'p3', initiatorId: 'ivy', changeTerms: terms, rules });
  await approve(back.approvalRequestId!);
});

test('a blocked transfer is on record and holds nothing, a screened one waits first', async () => {
  const { transfers, policies } = t.custodian;
  await t.client('a5', { DOGE: '10', XMR: '10' });
  const blocked = await transfers.request(asking('a5', { asset: 'DOGE' }));
  expect(blocked).toMatchObject({ status: 'blocked', reason: 'rule never' });
  expect(await effects(blocked.transferId)).toEqual(['new > submitted: reserve', 'submitted > blocked: release']);
  const [first, second] = [
    await transfers.request(asking('a5', { asset: 'XMR' })),
    await transfers.request(asking('a5', { asset: 'XMR' })),
  ];
  expect(first).toMatchObject({ status: 'screening' });
  const passed = await transfers.screen({ transferId: first.transferId, passed: true });
  expect(passed).toMatchObject({ status: 'pending-approval', approvalRequestId: expect.any(String) });
  expect(await transfers.screen({ transferId: first.transferId, passed: true })).toEqual(passed);
  await expect(transfers.screen({ transferId: first.transferId, passed: false })).rejects.toMatchObject(
    conflict('not-in-screening'),
  );
  expect(await transfers.screen({ transferId: second.transferId, passed: false, reason: 'sanctions' })).toMatchObject({
    status: 'blocked',
    reason: 'sanctions',
  });
  expect(await t.holdings('a5')).toEqual({ DOGE: ['10', '0'], XMR: ['10', '1'] });
  expect((await policies.listCompliance({ kind: 'screening' })).items.map(({ decision }) => decision)).toEqual([
    'passed',
    'blocked',
  ]);
});

test('what is out can only be asked back', async () => {
  const { transfers } = t.custodian;
  await t.client('a6', { BTC: '10' });
  const out = async () => {
    const { transferId } = await transfers.request(asking('a6'));
    await transfers.broadcast({ transferId });
    return transferId;
  };
  const [back, gone] = [await out(), await out()];
  expect(await transfers.cancel({ transferId: back })).toMatchObject({ status: 'cancelling' });
  expect(await transfers.cancel({ transferId: back })).toMatchObject({ status: 'cancelling' });
  await expect(transfers.confirmCancel({ transferId: gone })).rejects.toMatchObject(conflict('illegal-transition'));
  expect(await transfers.confirmCancel({ transferId: back })).toMatchObject({ status: 'cancelled' });
  await transfers.cancel({ transferId: gone });
  expect(await transfers.complete({ transferId: gone })).toMatchObject({ status: 'completed' });
  expect(await t.holdings('a6')).toEqual({ BTC: ['9', '0'] });
  const before = await t.everything();
  expect(
    await errorsOf([
      transfers.complete({ transferId: back }),
      transfers.fail({ transferId: gone, reason: 'x' }),
      transfers.cancel({ transferId: gone }),
      transfers.confirm({ transferId: gone }),
      transfers.cancel({ transferId: 'none' }),
    ]),
  ).toMatchObject([
    conflict('illegal-transition'),
    conflict('illegal-transition'),
    conflict('illegal-transition'),
    conflict('illegal-transition'),
    { kind: 'not-found', code: 'unknown-transfer' },
  ]);
  expect(await t.everything()).toBe(before);
});

test('what cannot be transferred is refused, and the same key may be tried again', async () => {
  const { transfers, accounts } = t.custodian;
  await t.client('a7', { BTC: '1' });
  await t.client('frozen', { BTC: '1' });
  await accounts.changeStatus({ accountId: 'frozen', status: 'suspended' });
  const before = await t.everything();
  const short = asking('a7', { amount: '1.5' });
  const stale = await transfers.request(asking('a7', { transferId: 'stale', amount: '0.1' }));
  const errors = await errorsOf([
    transfers.request(short),
    transfers.request(asking('nobody')),
    transfers.request(asking('omnibus')),
    transfers.request(asking('frozen')),
    transfers.request(asking('a7', { kind: 'internal' })),
    transfers.request(asking('a7', { kind: 'deposit', toAccountId: 'frozen' })),
    transfers.request({ ...asking('a7'), idempotencyKey: stale.idempotencyKey }),
    transfers.request(asking('a7', { transferId: 'stale' })),
    transfers.broadcast({ transferId: 'stale', version: 1 }),
  ]);
  expect(errors).toMatchObject([
    { ...conflict('insufficient-holdings'), details: { required: '1.5', available: '0.9' } },
    { kind: 'not-found', code: 'unknown-account' },
    conflict('not-a-holder'),
    conflict('account-suspended'),
    conflict('not-external'),
    conflict('not-external'),
    conflict('id-conflict'),
    conflict('id-conflict'),
    conflict('stale-version'),
  ]);
  await transfers.cancel({ transferId: 'stale' });
  expect(await t.holdings('a7')).toEqual({ BTC: ['1', '0'] });
  expect(await t.everything()).not.toBe(before);
  await t.custodian.holdings.adjust({
    reference: 'more',
    reason: 'more',
    movements: [
      { accountId: 'external', asset: 'BTC', amount: '-1' },
      { accountId: 'a7', asset: 'BTC', amount: '1' },
    ],
  });
  expect(await transfers.request(short)).toMatchObject({ status: 'queued', amount: '1.5' });
});

test('the same request from many at once is one transfer, and reserves once', async () => {
  const { transfers } = t.custodian;
  await t.client('a8', { BTC: '100' });
  const second = t.box.open('custodian', { workers: false });
  const same = asking('a8', { amount: '10' });
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, i) => (i % 2 ? t.custodian : second).transfers.request(same)),
  );
  for (const each of all) expect(each).toEqual(all[0]);
  expect(await t.holdings('a8')).toEqual({ BTC: ['100', '10'] });
  await Promise.all(all.map(({ transferId }, i) => (i % 2 ? transfers : second.transfers).complete({ transferId })));
  expect(await t.holdings('a8')).toEqual({ BTC: ['90', '0'] });
});

test('a reply that is lost before or after the commit: the same again tells, and the funds have moved once', async () => {
  const { transfers, approvals, holdings } = t.custodian;
  await t.client('a11', { BTC: '100' });
  const steps: [match: RegExp, work: (id: string) => PromiseLike<unknown>][] = [
    [
      /request_transfer/,
      (id) => transfers.request({ ...asking('a11'), transferId: id, idempotencyKey: id, amount: '20' }),
    ],
    [
      /cast_vote/,
      async (id) => {
        const { approvalRequestId, digest } = await transfers.get(id);
        for (const approverId of ['ann', 'ben'])
          await approvals.vote({ requestId: approvalRequestId!, approverId, decision: 'approve', digest });
      },
    ],
    [/advance_transfer/, (id) => transfers.broadcast({ transferId: id })],
    [/advance_transfer/, (id) => transfers.complete({ transferId: id })],
  ];
  for (const cut of ['cutBeforeCommit', 'cutAfterCommit'] as const) {
    for (const [match, work] of steps) {
      const strike = t.box.postgres[cut]({ match });
      await expect(work(cut), `${cut} ${match}`).rejects.toMatchObject({ kind: 'outcome-unknown' });
      expect(await strike.struck).toBeDefined();
      await work(cut);
    }
    expect(await transfers.get(cut)).toMatchObject({ status: 'completed', version: 5 });
    expect((await holdings.findTransaction(`transfer:${cut}`))?.movements).toHaveLength(2);
  }
  expect(await t.holdings('a11')).toEqual({ BTC: ['60', '0'] });
});

test('a holding is never promised twice, whoever asks at once', async () => {
  const { transfers } = t.custodian;
  await t.client('a9', { BTC: '35' });
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, () => transfers.request(asking('a9', { amount: '10' }))),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(await t.holdings('a9')).toEqual({ BTC: ['35', '30'] });
});

test('a cancel and the last vote at once: one of them it is, and funds follow', async () => {
  const { transfers, approvals } = t.custodian;
  await t.client('a10', { BTC: '500' });
  let reserved = 0;
  for (let i = 0; i < 5; i += 1) {
    const { transferId, approvalRequestId, digest } = await transfers.request(asking('a10', { amount: '20' }));
    const requestId = approvalRequestId!;
    await approve(requestId, ['ann']);
    await Promise.allSettled([
      approvals.vote({ requestId, approverId: 'ben', decision: 'approve', digest }),
      transfers.cancel({ transferId, reason: 'changed' }),
    ]);
    const transfer = await transfers.get(transferId);
    const request = await approvals.get(requestId, { fresh: true });
    // The vote may come first and the cancel after it; never the other way round.
    expect([`${request.status} ${transfer.status}`]).toEqual([
      request.status === 'approved' ? 'approved cancelled' : 'cancelled cancelled',
    ]);
    if (transfer.status !== 'cancelled') reserved += 20;
  }
  expect(await t.holdings('a10')).toEqual({ BTC: ['500', String(reserved)] });
});

test('lists page through, by account, kind, status and time', async () => {
  const { transfers } = t.custodian;
  const ids = async (filter: object) =>
    (await Array.fromAsync(transfers.list({ limit: 2, ...filter }))).map(({ status }) => status);
  expect(await ids({ accountId: 'a6' })).toEqual(['cancelled', 'completed']);
  expect(await ids({ accountId: 'a6', status: ['completed'] })).toEqual(['completed']);
  expect(await ids({ accountId: 'b2', kind: 'internal' })).toEqual(['completed']);
  expect(await ids({ accountId: 'a6', to: '2026-01-01T00:00:00Z' })).toEqual([]);
});
