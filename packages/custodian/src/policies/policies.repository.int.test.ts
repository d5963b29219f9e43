import { decimal } from '@tse/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApprovalTerms, ProposePolicy } from '../index.ts';
import { type TestCustodian, errorsOf, testCustodian } from '../test-custodian.ts';

const changeTerms: ApprovalTerms = {
  join: 'all',
  veto: true,
  expiresAfter: 'PT24H',
  groups: [{ name: 'officers', threshold: 2, members: ['ann', 'ben', 'cat'] }],
};
const terms: ApprovalTerms = { ...changeTerms, expiresAfter: 'PT1H' };
const allowAll = { ruleId: 'all', action: 'allow' } as const;
const proposing = (policyId: string, over: Partial<ProposePolicy> = {}): ProposePolicy => ({
  policyId,
  initiatorId: 'ivy',
  rules: [allowAll],
  changeTerms,
  ...over,
});

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian();
  for (const approverId of ['ann', 'ben', 'cat', 'ivy']) await t.custodian.approvals.registerApprover({ approverId });
  await t.client('alice', { BTC: '100', ETH: '100' });
  await t.client('bob', { BTC: '100' });
});
afterAll(() => t[Symbol.asyncDispose]());

/** Proposes a set and has it approved. */
async function publish(policyId: string, over: Partial<ProposePolicy>) {
  const { policies, approvals } = t.custodian;
  const { approvalRequestId: requestId, digest } = await policies.propose(proposing(policyId, over));
  for (const approverId of ['ann', 'ben'])
    if (requestId !== undefined) await approvals.vote({ requestId, approverId, decision: 'approve', digest });
}
let keys = 0;
const withdrawing = (amount: string, over: object = {}) => ({
  requesterId: 'rita',
  idempotencyKey: `k${(keys += 1)}`,
  kind: 'withdrawal' as const,
  fromAccountId: 'alice',
  toAccountId: 'external',
  asset: 'BTC',
  amount,
  ...over,
});

test('without a policy everything is blocked', async () => {
  const { policies, transfers } = t.custodian;
  expect(await policies.findPublished()).toBeUndefined();
  const asked = { kind: 'withdrawal', accountId: 'alice', requesterId: 'rita', asset: 'BTC', amount: '1' } as const;
  expect(await policies.evaluate(asked)).toEqual({ action: 'block' });
  expect(await transfers.request(withdrawing('1'))).toMatchObject({ status: 'blocked', reason: 'no-rule-matches' });
  expect(await t.holdings('alice')).toMatchObject({ BTC: ['100', '0'] });
});

test('the first policy is in force at once, each later one by an approval on the terms of the one in force', async () => {
  const { policies, approvals } = t.custodian;
  const rules = [
    { ...allowAll, ruleId: 'small', limit: { per: 'window', window: 'PT24H', amount: '1.50', of: 'account' } },
    { ruleId: 'large', action: 'approve', kinds: ['withdrawal'], assets: ['BTC'], minAmount: '2', terms },
  ] as const;
  const first = await policies.propose(proposing('p1', { rules: [...rules] as ProposePolicy['rules'] }));
  expect(first).toEqual({
    policyId: 'p1',
    version: 1,
    status: 'published',
    initiatorId: 'ivy',
    rules: [
      {
        ruleId: 'small',
        action: 'allow',
        destination: 'any',
        screening: false,
        limit: { per: 'window', window: 'PT24H', amount: '1.5', of: 'account' },
      },
      {
        ruleId: 'large',
        action: 'approve',
        kinds: ['withdrawal'],
        assets: ['BTC'],
        destination: 'any',
        minAmount: '2',
        screening: false,
        terms,
      },
    ],
    changeTerms,
    whitelistLock: 'PT48H',
    digest: first.digest,
    proposedAt: '2026-01-01T00:00:00.000000Z',
    publishedAt: '2026-01-01T00:00:00.000000Z',
  });
  expect(await policies.propose(proposing('p1', { rules: [...rules] as ProposePolicy['rules'] }))).toEqual(first);

  const second = await policies.propose(proposing('p2', { initiatorId: 'ann' }));
  expect(second).toMatchObject({ status: 'proposed', approvalRequestId: expect.any(String) });
  expect(second).not.toHaveProperty('version');
  const requestId = second.approvalRequestId!;
  const before = await t.everything();
  expect(
    await errorsOf([
      policies.propose(proposing('p1')),
      policies.propose(proposing('p3')),
      approvals.vote({ requestId, approverId: 'ann', decision: 'approve', digest: second.digest }),
      approvals.vote({ requestId, approverId: 'ben', decision: 'approve', digest: first.digest }),
    ]),
  ).toMatchObject([
    { kind: 'conflict', code: 'id-conflict' },
    { kind: 'conflict', code: 'change-pending' },
    { kind: 'conflict', code: 'self-approval' },
    { kind: 'conflict', code: 'subject-changed' },
  ]);
  expect(await t.everything()).toBe(before);
  expect(await policies.findPublished()).toMatchObject({ policyId: 'p1' });
  for (const approverId of ['ben', 'cat'])
    await approvals.vote({ requestId, approverId, decision: 'approve', digest: second.digest });
  expect(await policies.findPublished()).toMatchObject({ policyId: 'p2', version: 2 });
  expect(await policies.find('p1')).toMatchObject({ status: 'retired', version: 1 });
});

test('a change that is refused, withdrawn or not decided in time changes nothing', async () => {
  const { policies, approvals } = t.custodian;
  const ask = async (policyId: string) => {
    const { approvalRequestId, digest } = await policies.propose(proposing(policyId));
    return { requestId: approvalRequestId!, digest };
  };
  const refused = await ask('p3');
  await approvals.vote({ ...refused, approverId: 'cat', decision: 'reject' });
  const withdrawn = await ask('p4');
  await approvals.cancel({ requestId: withdrawn.requestId, initiatorId: 'ivy' });
  await ask('p5');
  await t.box.clock.advance('PT24H');
  await expect.poll(async () => (await policies.find('p5'))?.status).toBe('expired');
  expect(
    (await Array.fromAsync(policies.list({ limit: 2 }))).map(({ policyId, status }) => [policyId, status]),
  ).toEqual([
    ['p1', 'retired'],
    ['p2', 'published'],
    ['p3', 'rejected'],
    ['p4', 'cancelled'],
    ['p5', 'expired'],
  ]);
});

test('who is not known, or too few to decide, cannot be named', async () => {
  const { policies } = t.custodian;
  const withMembers = (members: string[], threshold = 1) => ({ ...terms, groups: [{ name: 'g', threshold, members }] });
  const before = await t.everything();
  expect(
    await errorsOf([
      policies.propose(proposing('x', { changeTerms: withMembers(['nobody']) })),
      policies.propose(proposing('x', { rules: [{ ruleId: 'r', action: 'approve', terms: withMembers(['nobody']) }] })),
      policies.propose(proposing('x', { changeTerms: withMembers(['ann'], 2) })),
    ]),
  ).toMatchObject([
    { code: 'unknown-approver' },
    { code: 'unknown-approver' },
    { kind: 'invalid-input', issues: [{ path: 'changeTerms.groups' }] },
  ]);
  expect(await t.everything()).toBe(before);
});

test('a window rolls with business time, holds at any concurrency, and gets back what a cancel returns', async () => {
  const { transfers, policies } = t.custodian;
  await publish('windows', {
    rules: [{ ruleId: 'day', action: 'allow', limit: { per: 'window', window: 'PT24H', amount: '10', of: 'account' } }],
  });
  const asked = { kind: 'withdrawal', accountId: 'alice', requesterId: 'rita', asset: 'BTC' } as const;
  const all = await Promise.all(Array.from({ length: 12 }, () => transfers.request(withdrawing('1'))));
  expect(all.filter(({ status }) => status === 'queued')).toHaveLength(10);
  expect(all.filter(({ status }) => status === 'blocked')).toHaveLength(2);
  expect(await policies.evaluate({ ...asked, amount: '0.1' })).toEqual({ action: 'block' });
  expect(await policies.evaluate({ ...asked, asset: 'ETH', amount: '10' })).toMatchObject({
    action: 'allow',
    used: '0',
  });
  expect(await policies.evaluate({ ...asked, accountId: 'bob', amount: '10' })).toMatchObject({ used: '0' });

  await t.box.clock.advance('PT12H');
  const { transferId } = all.find(({ status }) => status === 'queued')!;
  await transfers.cancel({ transferId });
  expect(await policies.evaluate({ ...asked, amount: '1' })).toMatchObject({
    action: 'allow',
    ruleId: 'day',
    used: '9',
  });
  expect(await transfers.request(withdrawing('1'))).toMatchObject({ status: 'queued', ruleId: 'day' });
  // What was used first leaves the window first; what was used later is still in it.
  await t.box.clock.advance('PT12H');
  expect(await policies.evaluate({ ...asked, amount: '9' })).toMatchObject({ used: '1' });
  expect(await policies.evaluate({ ...asked, amount: '9.1' })).toEqual({ action: 'block' });
  // A cancel of what has left the window gives nothing to the present one.
  await transfers.cancel({ transferId: all.findLast(({ status }) => status === 'queued')!.transferId });
  expect(await policies.evaluate({ ...asked, amount: '9' })).toMatchObject({ used: '1' });
});

test('a lifetime never ends, and a new set does not begin it again', async () => {
  const { transfers, policies } = t.custodian;
  const rule = { ruleId: 'ever', action: 'allow', limit: { per: 'lifetime', amount: '3', of: 'all' } } as const;
  await publish('life-1', { rules: [rule] });
  await transfers.request(withdrawing('2', { fromAccountId: 'bob' }));
  await t.box.clock.advance('P30D');
  await publish('life-2', { rules: [rule, { ruleId: 'rest', action: 'block' }] });
  const asked = { kind: 'withdrawal', accountId: 'alice', requesterId: 'rita', asset: 'BTC' } as const;
  expect(await policies.evaluate({ ...asked, amount: '1' })).toMatchObject({ ruleId: 'ever', used: '2' });
  expect(await policies.evaluate({ ...asked, amount: '1.1' })).toMatchObject({ action: 'block', ruleId: 'rest' });
});

test('an address may be used once its lock is over, and no longer after it is revoked', async () => {
  const { policies } = t.custodian;
  await publish('listed', {
    rules: [{ ruleId: 'listed', action: 'allow', destination: 'whitelisted' }],
    whitelistLock: 'PT24H',
  });
  const entry = await policies.listAddress({ entryId: 'w1', asset: 'BTC', address: 'bc1q', label: 'cold' });
  expect(entry).toMatchObject({ status: 'listed', label: 'cold' });
  expect(Date.parse(entry.usableFrom) - Date.parse(entry.addedAt)).toBe(86_400_000);
  expect(await policies.listAddress({ entryId: 'w1', asset: 'BTC', address: 'bc1q', label: 'cold' })).toEqual(entry);
  expect(
    await errorsOf([
      policies.listAddress({ entryId: 'w1', asset: 'BTC', address: 'other' }),
      policies.listAddress({ entryId: 'w2', asset: 'BTC', address: 'bc1q' }),
      policies.revokeAddress({ entryId: 'w9' }),
    ]),
  ).toMatchObject([
    { kind: 'conflict', code: 'id-conflict' },
    { kind: 'conflict', code: 'already-listed' },
    { kind: 'not-found', code: 'unknown-address' },
  ]);
  const action = async (over: object = {}) =>
    (
      await policies.evaluate({
        kind: 'withdrawal',
        accountId: 'alice',
        requesterId: 'rita',
        asset: 'BTC',
        amount: '1',
        address: 'bc1q',
        ...over,
      })
    ).action;
  expect(await action()).toBe('block');
  await t.box.clock.advance('PT23H59M');
  expect(await action()).toBe('block');
  await t.box.clock.advance('PT1M');
  expect(await action()).toBe('allow');
  expect(await action({ asset: 'ETH' })).toBe('block');
  expect(await action({ address: 'bc1q ' })).toBe('block');
  expect(await policies.revokeAddress({ entryId: 'w1', reason: 'lost' })).toMatchObject({ status: 'revoked' });
  expect(await policies.revokeAddress({ entryId: 'w1' })).toMatchObject({ status: 'revoked' });
  expect(await action()).toBe('block');
  // Listed again it waits again.
  expect(await policies.listAddress({ entryId: 'w3', asset: 'BTC', address: 'bc1q' })).toMatchObject({
    status: 'listed',
  });
  expect(await action()).toBe('block');
  expect((await policies.listAddresses({ status: 'listed' })).items.map(({ entryId }) => entryId)).toEqual(['w3']);
});

test('every decision is on record, with the rule and the policy that made it', async () => {
  const { policies } = t.custodian;
  const records = await Array.fromAsync(policies.listCompliance({ limit: 7 }));
  expect(new Set(records.map(({ kind }) => kind))).toEqual(
    new Set(['policy-decision', 'policy-change', 'approval-decision', 'approver-change', 'whitelist-change']),
  );
  expect(records.map(({ recordId }) => recordId)).toEqual(
    records.map(({ recordId }) => recordId).toSorted((a, b) => a - b),
  );
  const blocked = await Array.fromAsync(policies.listCompliance({ kind: 'policy-decision', subjectKind: 'transfer' }));
  expect(blocked[0]).toMatchObject({
    decision: 'block',
    reason: 'no-rule-matches',
    details: { amount: '1', asset: 'BTC' },
  });
  const changes = (await policies.listCompliance({ subjectKind: 'policy', subjectId: 'p2' })).items;
  expect(changes.map(({ decision, policyVersion }) => [decision, policyVersion])).toEqual([
    ['proposed', 1],
    ['published', 2],
  ]);
});

test('the first rule that matches decides, as a plain reading of the rules would have it', async () => {
  const { policies } = t.custodian;
  const pick = <T extends string>(...all: T[]) => fc.option(fc.subarray(all, { minLength: 1 }), { nil: undefined });
  const rule = fc.record({
    action: fc.constantFrom('allow' as const, 'block' as const),
    kinds: pick('deposit', 'withdrawal', 'internal'),
    assets: pick('BTC', 'ETH'),
    accountIds: pick('alice', 'bob'),
    requesterIds: pick('rita', 'sam'),
    destination: fc.constantFrom('any' as const, 'internal' as const, 'whitelisted' as const),
    minAmount: fc.option(fc.constantFrom('0', '1', '5'), { nil: undefined }),
    limit: fc.option(fc.record({ per: fc.constant('transfer' as const), amount: fc.constantFrom('1', '5') }), {
      nil: undefined,
    }),
  });
  const transfer = fc.record({
    kind: fc.constantFrom('deposit' as const, 'withdrawal' as const, 'internal' as const),
    accountId: fc.constantFrom('alice', 'bob'),
    requesterId: fc.constantFrom('rita', 'sam'),
    asset: fc.constantFrom('BTC', 'ETH'),
    amount: fc.constantFrom('0.5', '1', '3', '5', '6'),
  });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(rule, { maxLength: 5 }),
      fc.array(transfer, { minLength: 8, maxLength: 8 }),
      async (rules, all) => {
        round += 1;
        const named = rules.map((each, n) => ({
          ruleId: `r${n}`,
          ...(JSON.parse(JSON.stringify(each)) as typeof each),
        }));
        await publish(`round-${round}`, { rules: named });
        for (const each of all) {
          const first = named.find(
            (r) =>
              (r.kinds ?? [each.kind]).includes(each.kind) &&
              (r.assets ?? [each.asset]).includes(each.asset) &&
              (r.accountIds ?? [each.accountId]).includes(each.accountId) &&
              (r.requesterIds ?? [each.requesterId]).includes(each.requesterId) &&
              (r.destination === 'any' || (r.destination === 'internal' && each.kind === 'internal')) &&
              decimal.compare(each.amount, r.minAmount ?? '0') >= 0 &&
              (r.limit === undefined || decimal.compare(each.amount, r.limit.amount) <= 0),
          );
          const { action, ruleId } = await policies.evaluate(each);
          expect({ action, ruleId }).toEqual({ action: first?.action ?? 'block', ruleId: first?.ruleId });
        }
      },
    ),
    { numRuns: 25 },
  );
});
