import { createCustodianAdapter } from '@tse/custodian';

/** A trade of the venue `exchange` is settled, and a client takes out what he got for it, as two officers allow. */
export async function firstSettlement(custodian = createCustodianAdapter()) {
  const { accounts, holdings, approvals, policies, transfers } = custodian;
  await accounts.open({ accountId: 'master', kind: 'master', ownerId: 'custodian' });
  await accounts.open({ accountId: 'clients', kind: 'omnibus', parentId: 'master', ownerId: 'custodian' });
  for (const client of ['alice', 'bob'])
    await accounts.open({
      accountId: `client/${client}`,
      kind: 'segregated',
      parentId: 'clients',
      client: { venue: 'exchange', accountId: client },
      ownerId: client,
    });
  const opening = (accountId: string, asset: string, amount: string) => [
    { accountId: 'external', asset, amount: `-${amount}` },
    { accountId, asset, amount },
  ];
  await holdings.adjust({
    reference: 'opening',
    reason: 'opening holdings',
    movements: [...opening('client/alice', 'USD', '10000'), ...opening('client/bob', 'BTC', '1')],
  });

  // Delivery against payment: both or neither. Were the reply lost, the same call again would go on where it stands.
  const settlement = await custodian.processSettlement({
    source: 'exchange',
    reference: 't1',
    cycle: 0, // T+0; 1 settles on the next business day of both assets
    legs: [
      { kind: 'delivery', from: 'client/bob', to: 'client/alice', asset: 'BTC', quantity: '0.1' },
      { kind: 'payment', from: 'client/alice', to: 'client/bob', asset: 'USD', quantity: '2990' },
    ],
  });

  const officers = ['olga', 'oscar', 'omar'];
  for (const approverId of officers) await approvals.registerApprover({ approverId });
  const terms = { expiresAfter: 'PT24H', groups: [{ name: 'officers', threshold: 2, members: officers }] };
  await policies.propose({
    policyId: 'first',
    initiatorId: 'custodian',
    changeTerms: terms,
    rules: [{ ruleId: 'withdrawals', action: 'approve', kinds: ['withdrawal'], terms }],
  });
  const { transferId, approvalRequestId, digest } = await transfers.request({
    requesterId: 'bob',
    idempotencyKey: 'out-1',
    kind: 'withdrawal',
    fromAccountId: 'client/bob',
    toAccountId: 'external',
    asset: 'USD',
    amount: '2990',
  });
  for (const approverId of ['olga', 'oscar'])
    await approvals.vote({ requestId: approvalRequestId!, approverId, decision: 'approve', digest });
  const transfer = await transfers.complete({ transferId });

  return { settlement, transfer, holdings: await holdings.list('client/bob') }; // 0.9 BTC and 0 USD
}
