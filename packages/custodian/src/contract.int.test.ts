import { encodeCursor } from '@tse/core';
import { describeAdapter } from '@tse/testkit';
import { expect, test } from 'vitest';
import { type CustodianAdapter, createCustodianAdapter } from './index.ts';
import { errorsOf, testCustodian } from './test-custodian.ts';

const at = '2026-01-01T00:00:00Z';
const page = { limit: 10 };
const account = { accountId: 'alice' };
const changed = { version: 1, reason: 'because' };
const terms = {
  join: 'all',
  veto: true,
  expiresAfter: 'PT1H',
  groups: [{ name: 'treasury', threshold: 1, members: ['ann', 'ben'] }],
};
const settlement = {
  settlementId: 's',
  source: 'exchange',
  reference: 'r',
  tradedAt: at,
  cycle: 1,
  priority: 5,
  onHold: false,
  lots: 2,
  minimumLots: 1,
  legs: [{ kind: 'delivery', from: 'alice', to: 'external', asset: 'BTC', quantity: '1.5' }],
};
const settlementChange = { settlementId: 's', ...changed };
const transferChange = { transferId: 't', ...changed };
const multisig = { transactionId: 'm', walletId: 'w', nonce: 0, proposerId: 'sam' };
const signers = { members: ['sam', 'sue'], threshold: 2 };

const inputs = {
  'accounts.open': {
    accountId: 'a',
    kind: 'segregated',
    parentId: 'omnibus',
    client: { venue: 'exchange', accountId: 'a' },
    ownerId: 'o',
  },
  'accounts.find': 'alice',
  'accounts.get': 'alice',
  'accounts.findByClient': { venue: 'exchange', accountId: 'alice' },
  'accounts.list': { ...page, kind: 'house', parentId: 'p', ownerId: 'o', venue: 'v', status: 'active' },
  'accounts.changeStatus': { ...account, ...changed, status: 'suspended' },
  'accounts.listEvents': 'alice',
  'holdings.list': 'alice',
  'holdings.get': { ...account, asset: 'USD' },
  'holdings.getAt': { ...account, asset: 'USD', at },
  'holdings.total': 'alice',
  'holdings.listMovements': { ...account, ...page, asset: 'USD', from: at, to: at },
  'holdings.adjust': {
    reference: 'r',
    reason: 'because',
    at,
    movements: [
      { accountId: 'external', asset: 'USD', amount: '-1.5' },
      { ...account, asset: 'USD', amount: '1.5' },
    ],
  },
  'holdings.findTransaction': 'adjustment:r',
  'holdings.reserve': { ...account, reference: 'r', asset: 'USD', amount: '1.5' },
  'holdings.release': { reservationId: 'manual:r' },
  'holdings.findReservation': 'manual:r',
  'holdings.listReservations': { ...account, ...page, asset: 'USD', state: 'open' },
  'calendars.define': {
    calendarId: 'usd',
    version: 1,
    timeZone: 'America/New_York',
    cutoff: '17:00',
    weekend: [6, 7],
    firstDay: '2026-01-01',
    lastDay: '2026-12-31',
    holidays: [{ day: '2026-01-01', name: "New Year's Day" }],
  },
  'calendars.assign': { asset: 'USD', calendarId: 'usd' },
  'calendars.find': { calendarId: 'usd', version: 1 },
  'calendars.get': { calendarId: 'usd', version: 1 },
  'calendars.listBusinessDays': { ...page, calendarId: 'usd', version: 1, from: '2026-01-01', to: '2026-02-01' },
  'calendars.settlementDate': { assets: ['BTC'], tradedAt: at, cycle: 1 },
  'settlements.process': [settlement],
  'settlements.processSettlement': settlement,
  'settlements.find': 's',
  'settlements.get': 's',
  'settlements.findByReference': { source: 'exchange', reference: 'r' },
  'settlements.list': {
    ...page,
    accountId: 'alice',
    source: 'exchange',
    status: ['pending'],
    nettingBatchId: 'n',
    from: '2026-01-01',
    to: '2026-02-01',
  },
  'settlements.listEvents': 's',
  'settlements.hold': settlementChange,
  'settlements.release': settlementChange,
  'settlements.prioritize': { ...settlementChange, priority: 1 },
  'settlements.cancel': settlementChange,
  'settlements.delayLeg': { ...settlementChange, leg: 1, until: at, run: 'run', fence: 1 },
  'settlements.listFails': { ...page, ended: true },
  'settlements.settleDue': { limit: 1 },
  'netting.net': { nettingBatchId: 'n', source: 'exchange', intendedDate: '2026-01-02', cutoffAt: at },
  'netting.settle': 'n',
  'netting.cancel': { nettingBatchId: 'n', reason: 'because' },
  'netting.find': 'n',
  'netting.get': 'n',
  'netting.list': { ...page, source: 'exchange', status: 'open' },
  'policies.propose': {
    policyId: 'p',
    initiatorId: 'ivy',
    rules: [
      {
        ruleId: 'r',
        action: 'approve',
        kinds: ['withdrawal'],
        assets: ['BTC'],
        accountIds: ['alice'],
        requesterIds: ['rita'],
        destination: 'whitelisted',
        minAmount: '1.5',
        limit: { per: 'window', amount: '10.5', window: 'PT24H', of: 'account' },
        screening: true,
        terms,
      },
    ],
    changeTerms: terms,
    whitelistLock: 'PT48H',
  },
  'policies.find': 'p',
  'policies.list': { ...page, status: 'published' },
  'policies.evaluate': {
    kind: 'withdrawal',
    accountId: 'alice',
    requesterId: 'rita',
    asset: 'BTC',
    amount: '1.5',
    address: 'bc1q',
  },
  'policies.listAddress': { entryId: 'w', asset: 'BTC', address: 'bc1q', label: 'cold' },
  'policies.revokeAddress': { entryId: 'w', reason: 'because' },
  'policies.listAddresses': { ...page, asset: 'BTC', status: 'listed' },
  'policies.listCompliance': { ...page, kind: 'screening', subjectKind: 'transfer', subjectId: 't' },
  'approvals.request': {
    requestId: 'r',
    subject: { kind: 'release', id: 's', digest: 'd' },
    initiatorId: 'ivy',
    terms,
  },
  'approvals.vote': { requestId: 'r', approverId: 'ann', decision: 'approve', digest: 'd', reason: 'because' },
  'approvals.cancel': { requestId: 'r', initiatorId: 'ivy', reason: 'because' },
  'approvals.find': 'r',
  'approvals.get': 'r',
  'approvals.list': { ...page, status: 'pending', subjectKind: 'release', approverId: 'ann' },
  'approvals.registerApprover': { approverId: 'zoe', reason: 'because' },
  'approvals.removeApprover': { approverId: 'zoe', reason: 'because' },
  'approvals.restoreApprover': { approverId: 'zoe', reason: 'because' },
  'approvals.listApprovers': { ...page, status: 'active' },
  'transfers.request': {
    transferId: 't',
    requesterId: 'rita',
    idempotencyKey: 'k',
    kind: 'withdrawal',
    fromAccountId: 'alice',
    toAccountId: 'external',
    asset: 'BTC',
    amount: '1.5',
    address: 'bc1q',
  },
  'transfers.screen': { transferId: 't', passed: true, reason: 'because' },
  'transfers.requestSignatures': transferChange,
  'transfers.broadcast': { ...transferChange, transactionHash: '0xabc' },
  'transfers.confirm': transferChange,
  'transfers.complete': transferChange,
  'transfers.fail': transferChange,
  'transfers.cancel': transferChange,
  'transfers.confirmCancel': transferChange,
  'transfers.find': 't',
  'transfers.get': 't',
  'transfers.list': { ...page, accountId: 'alice', kind: 'deposit', status: ['queued'], from: at, to: at },
  'transfers.listEvents': 't',
  'wallets.open': { walletId: 'w', accountId: 'alice', signers },
  'wallets.find': 'w',
  'wallets.get': 'w',
  'wallets.listSigners': 'w',
  'wallets.propose': { ...multisig, kind: 'payment', payloadHash: 'h', transferId: 't' },
  'wallets.propose (signers)': { ...multisig, kind: 'signer-change', signers },
  'wallets.sign': { transactionId: 'm', signerId: 'sam', payloadHash: 'h', signature: '0x' },
  'wallets.execute': 'm',
  'wallets.findTransaction': 'm',
  'wallets.listTransactions': { ...page, walletId: 'w', status: 'proposed' },
  'reconciliations.defineRules': {
    source: 'bank',
    version: 1,
    accountIds: ['alice'],
    assets: ['BTC'],
    movementKinds: ['transfer'],
    amountTolerance: '0.01',
    dateTolerance: 'PT24H',
    mostInGroup: 4,
  },
  'reconciliations.recordLines': {
    source: 'bank',
    lines: [{ externalId: 'x', ...account, asset: 'USD', amount: '1.5', bookedAt: at, reference: 'transfer:t' }],
  },
  'reconciliations.recordBalances': {
    source: 'bank',
    balances: [{ externalId: 'x', ...account, asset: 'USD', balance: '1.5', asOf: at }],
  },
  'reconciliations.run': {
    runId: 'run',
    kind: 'holdings',
    source: 'bank',
    from: at,
    cutoff: at,
    dryRun: true,
  },
  'reconciliations.findRun': 'run',
  'reconciliations.listRuns': { ...page, source: 'bank', kind: 'movements' },
  'reconciliations.findMatch': { source: 'bank', externalId: 'x' },
  'reconciliations.listMatches': { ...page, runId: 'run' },
  'reconciliations.dissolveMatch': 'm',
  'reconciliations.findBreak': 'b',
  'reconciliations.listBreaks': { ...page, source: 'bank', state: ['open'], kind: 'deficit', accountId: 'alice' },
  'reconciliations.changeBreak': { breakId: 'b', state: 'explained', ownerId: 'olga', note: 'because', version: 1 },
  'holdingSnapshots.take': { snapshotId: 's' },
  'holdingSnapshots.find': 's',
  'holdingSnapshots.list': page,
  'holdingSnapshots.prove': { snapshotId: 's', accountId: 'alice', asset: 'USD' },
  'holdingSnapshots.compare': {
    comparisonId: 'c',
    snapshotId: 's',
    venue: 'exchange',
    liabilities: { root: 'a'.repeat(64), totals: { USD: '1.5' } },
  },
  processSettlement: settlement,
};

describeAdapter<CustodianAdapter>(createCustodianAdapter, {
  prepare: async ({ accounts, approvals }) => {
    await accounts.open({ accountId: 'master', kind: 'master', ownerId: 'custodian' });
    await accounts.open({ accountId: 'omnibus', kind: 'omnibus', parentId: 'master', ownerId: 'custodian' });
    await accounts.open({ accountId: 'alice', kind: 'segregated', parentId: 'omnibus', ownerId: 'alice' });
    for (const approverId of ['ann', 'ben']) await approvals.registerApprover({ approverId });
  },
  read: (custodian) => custodian.accounts.get('alice', { fresh: true }),
  write: (custodian, reference) =>
    custodian.holdings.adjust({
      reference,
      reason: 'contract',
      movements: [
        { accountId: 'external', asset: 'USD', amount: '-1' },
        { accountId: 'alice', asset: 'USD', amount: '1' },
      ],
    }),
  inputs,
});

const ports = [
  'accounts',
  'holdings',
  'calendars',
  'settlements',
  'netting',
  'policies',
  'approvals',
  'transfers',
  'wallets',
  'reconciliations',
  'holdingSnapshots',
] as const;
/** Without input, or for workers alone. */
const others = ['calendars.listAssigned', 'policies.findPublished', 'netting.settleDue', 'approvals.expireDue'];

test('every method of every port is put to bad input', () => {
  const url = 'postgres://localhost/none';
  const custodian = createCustodianAdapter({ postgres: { url }, redis: { url: 'redis://localhost' }, workers: false });
  const methods = ports.flatMap((port) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(custodian[port]))
      .filter((name) => name !== 'constructor')
      .map((name) => `${port}.${name}`),
  );
  const attacked = Object.keys(inputs).map((name) => name.replace(/ .*/, ''));
  expect([...new Set([...attacked, ...others])].toSorted()).toEqual([...methods, 'processSettlement'].toSorted());
});

test('a forged cursor is refused by its name, or a place in the list; it breaks nothing', async () => {
  await using t = await testCustodian({ options: { workers: false } });
  const { accounts, holdings, settlements, netting, policies, approvals, transfers, wallets } = t.custodian;
  const { reconciliations, holdingSnapshots } = t.custodian;
  await t.client('alice', { USD: '1' });
  const lists: [key: (string | number)[], list: (cursor: string) => PromiseLike<unknown>][] = [
    [['a'], (cursor) => accounts.list({ cursor })],
    [[at, 1], (cursor) => holdings.listMovements({ accountId: 'alice', asset: 'USD', cursor })],
    [['manual:r'], (cursor) => holdings.listReservations({ accountId: 'alice', cursor })],
    [['2026-01-01', 5, 's'], (cursor) => settlements.list({ cursor })],
    [[at, 's'], (cursor) => settlements.listFails({ cursor })],
    [['n'], (cursor) => netting.list({ cursor })],
    [['p'], (cursor) => policies.list({ cursor })],
    [['w'], (cursor) => policies.listAddresses({ cursor })],
    [[1], (cursor) => policies.listCompliance({ cursor })],
    [[at, 'r'], (cursor) => approvals.list({ cursor })],
    [['a'], (cursor) => approvals.listApprovers({ cursor })],
    [[at, 't'], (cursor) => transfers.list({ cursor })],
    [[1, 'm'], (cursor) => wallets.listTransactions({ walletId: 'w', cursor })],
    [[at, 'r'], (cursor) => reconciliations.listRuns({ cursor })],
    [['m'], (cursor) => reconciliations.listMatches({ runId: 'r', cursor })],
    [[at, 'b'], (cursor) => reconciliations.listBreaks({ cursor })],
    [[at, 's'], (cursor) => holdingSnapshots.list({ cursor })],
  ];
  const forged = [
    '',
    'a\0b',
    '\uD800',
    "'",
    '0000-01-01T00:00:00Z',
    'infinity',
    'NaN',
    '1'.repeat(30),
    -1,
    0.5,
    2 ** 31,
    2 ** 53,
    null,
    [],
    {},
    true,
  ];
  for (const [key, list] of lists) {
    expect(await list(encodeCursor(key))).toHaveProperty('items');
    for (const [place] of key.entries()) {
      for (const value of forged) {
        const [error] = await errorsOf([list(encodeCursor(key.with(place, value as string)))]);
        if (typeof error !== 'string')
          expect(error, `${place}: ${JSON.stringify(value)}`).toMatchObject({
            kind: 'invalid-input',
            issues: [{ path: 'cursor' }],
          });
      }
    }
    const [error] = await errorsOf([list(encodeCursor([...key, 1]))]);
    expect(error).toMatchObject({ kind: 'invalid-input', issues: [{ path: 'cursor' }] });
  }
});
