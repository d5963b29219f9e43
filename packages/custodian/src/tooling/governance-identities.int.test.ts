import { queryBuilder } from '@tse/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../schema.ts';
import { type TestCustodian, testCustodian } from '../test-custodian.ts';
import { verifyApprovals } from './approval-identity.ts';
import { seedCustodian } from './seed.ts';
import { verifyTransfers } from './transfer-identity.ts';

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian({ bare: true });
  await seedCustodian(t.custodian);
  const { approvals, transfers, wallets, policies } = t.custodian;
  const { approvalRequestId: requestId, digest } = await transfers.get('seed-large');
  for (const approverId of ['olga', 'omar'])
    await approvals.vote({ requestId: requestId!, approverId, decision: 'approve', digest });
  const { rules, changeTerms } = (await policies.findPublished())!;
  const next = await policies.propose({ policyId: 'next', initiatorId: 'custodian', rules, changeTerms });
  for (const approverId of ['olga', 'oscar'])
    await approvals.vote({
      requestId: next.approvalRequestId!,
      approverId,
      decision: 'approve',
      digest: next.digest,
    });
  await wallets.propose({
    kind: 'payment',
    transactionId: 'pay',
    walletId: 'seed-wallet',
    proposerId: 'olga',
    payloadHash: 'h',
  });
  for (const signerId of ['olga', 'omar'])
    await wallets.sign({ transactionId: 'pay', signerId, payloadHash: 'h', signature: 's' });
  await wallets.execute('pay');
});
afterAll(() => t[Symbol.asyncDispose]());

const verify = async () => {
  await using facts = await t.facts();
  return [await verifyApprovals(facts), await verifyTransfers(facts)] as const;
};
const spoil = (query: ReturnType<typeof sql>) =>
  t.stores.pg.query('test', 'write', { compile: () => query.compile(queryBuilder<Tables>()) });

test('what holds is said to hold, with how much was compared', async () => {
  const [approvals, transfers] = await verify();
  expect(approvals).toMatchObject({ name: 'approval', ok: true, differences: [] });
  expect(transfers).toMatchObject({ name: 'transfers', ok: true, differences: [] });
  expect(approvals.compared).toBeGreaterThan(7);
  expect(transfers.compared).toBeGreaterThan(6);
});

test.each([
  {
    what: 'a transfer that went on without its approval',
    by: sql`update transfers set digest = 'other' where id = 'seed-large'`,
    back: sql`update transfers set digest = (select subject_digest from approval_requests where subject_id = 'seed-large') where id = 'seed-large'`,
    says: /transfer seed-large: queued, its request approved/,
  },
  {
    what: 'a reservation that does not follow its transfer',
    by: sql`update transfers set status = 'cancelled', closed_at = now() where id = 'seed-large'`,
    back: sql`update transfers set status = 'queued', closed_at = null where id = 'seed-large'`,
    says: /transfer seed-large: cancelled, its reservation open/,
  },
  {
    what: 'a completed transfer that moved nothing',
    by: sql`update transfers set amount = 1 where id = 'seed-small'`,
    back: sql`update transfers set amount = 0.5 where id = 'seed-small'`,
    says: /transfer seed-small: completed, moved 0.5/,
  },
  {
    what: 'usage that was given back although it was used',
    by: sql`update policy_usage set returned_at = now() where transfer_id = 'seed-small'`,
    back: sql`update policy_usage set returned_at = null where transfer_id = 'seed-small'`,
    says: /of limit small returned/,
  },
  {
    what: 'a nonce that was left out',
    by: sql`update wallets set next_nonce = 2 where id = 'seed-wallet'`,
    back: sql`update wallets set next_nonce = 1 where id = 'seed-wallet'`,
    says: /wallet seed-wallet: next nonce 2, executed 1/,
  },
])('$what is found, and named', async ({ by, back, says }) => {
  await spoil(by);
  const found = await verify();
  expect(found.flatMap(({ differences }) => differences ?? []).join('\n')).toMatch(says);
  await spoil(back);
  expect((await verify()).map(({ ok }) => ok)).toEqual([true, true]);
});
