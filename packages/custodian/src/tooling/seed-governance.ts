import type { CustodianAdapter } from '../adapter.ts';

const officers = ['olga', 'oscar', 'omar'];
const groups = [{ name: 'officers', threshold: 2, members: officers }];

/**
 * Development data: officers, a policy (small withdrawals pass, larger ones need two officers), transfers of either kind, a whitelisted address, a
 * wallet, and a statement that says what we have. Needs the clients of the other seed.
 */
export async function seedGovernance(custodian: CustodianAdapter): Promise<Record<string, number>> {
  const { approvals, policies, transfers, wallets, reconciliations, holdingSnapshots } = custodian;
  for (const approverId of officers) await approvals.registerApprover({ approverId });
  await policies.propose({
    policyId: 'seed',
    initiatorId: 'custodian',
    changeTerms: { expiresAfter: 'PT48H', groups },
    rules: [
      { ruleId: 'inside', action: 'allow', kinds: ['deposit', 'internal'] },
      { ruleId: 'small', action: 'allow', assets: ['BTC'], limit: { per: 'window', window: 'PT24H', amount: '1' } },
      { ruleId: 'large', action: 'approve', terms: { expiresAfter: 'PT24H', groups } },
    ],
  });
  await policies.listAddress({ entryId: 'seed-cold', asset: 'BTC', address: 'bc1q-seed-cold', label: 'cold storage' });

  const requested = { requesterId: 'seed', toAccountId: 'external', kind: 'withdrawal' } as const;
  const small = await transfers.request({
    ...requested,
    transferId: 'seed-small',
    idempotencyKey: 'seed-small',
    fromAccountId: 'client/alice',
    asset: 'BTC',
    amount: '0.5',
    address: 'bc1q-seed-cold',
  });
  if (small.status === 'queued') await transfers.complete({ transferId: small.transferId });
  await transfers.request({
    ...requested,
    transferId: 'seed-large',
    idempotencyKey: 'seed-large',
    fromAccountId: 'client/bob',
    asset: 'BTC',
    amount: '5',
  });
  await wallets.open({ walletId: 'seed-wallet', signers: { members: officers, threshold: 2 } });

  await reconciliations.defineRules({ source: 'seed-bank', version: 1, movementKinds: ['transfer'] });
  await reconciliations.recordLines({
    source: 'seed-bank',
    lines: [
      {
        externalId: 'seed-1',
        accountId: 'client/alice',
        asset: 'BTC',
        amount: '-0.5',
        bookedAt: small.requestedAt,
        reference: 'transfer:seed-small',
      },
    ],
  });
  await holdingSnapshots.take({ snapshotId: 'seed' });
  return { approvers: officers.length, transfers: 2, wallets: 1, statementLines: 1 };
}
