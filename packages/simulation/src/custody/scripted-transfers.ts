import { decimal } from '@tse/core';
import type { CustodianAdapter, Transfer } from '@tse/custodian';
import { OMNIBUS, OUTSIDE } from './custody-accounts.ts';

const OFFICERS = ['officer/1', 'officer/2', 'officer/3'];

/** Deposits pass; what leaves needs two of three officers. */
export async function publishPolicy({ approvals, policies }: CustodianAdapter): Promise<void> {
  for (const approverId of OFFICERS) await approvals.registerApprover({ approverId });
  const terms = {
    expiresAfter: 'P7D',
    groups: [{ name: 'officers', threshold: 2, members: OFFICERS }],
  };
  await policies.propose({
    policyId: 'demo/1',
    initiatorId: 'compliance',
    changeTerms: terms,
    rules: [
      { ruleId: 'deposits', action: 'allow', kinds: ['deposit'] },
      { ruleId: 'withdrawals', action: 'approve', kinds: ['withdrawal'], terms },
    ],
  });
}

/**
 * A deposit that completes, a withdrawal that two officers approve and that completes, and one that waits for its approval. Each by its
 * own key, so that all of it again is the same.
 */
export async function moveFunds(custodian: CustodianAdapter): Promise<Transfer[]> {
  const { transfers } = custodian;
  const source = (await begun(custodian)) ?? (await richest(custodian));
  if (source === undefined) return [];
  const { accountId, asset, amount } = source;
  const request = (kind: 'deposit' | 'withdrawal', key: string) =>
    transfers.request({
      requesterId: accountId,
      idempotencyKey: key,
      kind,
      fromAccountId: kind === 'deposit' ? OUTSIDE : accountId,
      toAccountId: kind === 'deposit' ? accountId : OUTSIDE,
      asset,
      amount,
      address: `${asset.toLowerCase()}:${key}`,
    });

  const deposit = await request('deposit', 'demo-deposit');
  const deposited = await transfers.complete({ transferId: deposit.transferId });

  const withdrawal = await request('withdrawal', 'demo-withdrawal');
  await approve(custodian, withdrawal);
  await transfers.broadcast({ transferId: withdrawal.transferId });
  const withdrawn = await transfers.complete({ transferId: withdrawal.transferId });

  return [deposited, withdrawn, await request('withdrawal', 'demo-waiting')];
}

async function approve({ approvals }: CustodianAdapter, { approvalRequestId, digest }: Transfer): Promise<void> {
  if (approvalRequestId === undefined) return;
  for (const approverId of OFFICERS.slice(0, 2)) {
    const { status } = await approvals.get(approvalRequestId, { fresh: true });
    if (status === 'pending')
      await approvals.vote({ requestId: approvalRequestId, approverId, decision: 'approve', digest });
  }
}

/** What a simulator before this one has chosen. */
async function begun({ transfers }: CustodianAdapter) {
  for await (const { idempotencyKey, toAccountId: accountId, asset, amount } of transfers.list({ kind: 'deposit' }))
    if (idempotencyKey === 'demo-deposit') return { accountId, asset, amount };
  return undefined;
}

/** The client with the most of some asset, and a thousandth of that. */
async function richest({ accounts, holdings }: CustodianAdapter) {
  let found: { accountId: string; asset: string; amount: string } | undefined;
  for await (const { accountId } of accounts.list({ parentId: OMNIBUS })) {
    for (const { asset, available } of await holdings.list(accountId, { fresh: true })) {
      const amount = decimal.div(available, '1000', 4, 'down');
      if (decimal.compare(amount, found?.amount ?? '0') > 0) found = { accountId, asset, amount };
    }
  }
  return found;
}
