import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProposeMultisig } from '../index.ts';
import { type TestCustodian, errorsOf, testCustodian } from '../test-custodian.ts';

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian();
});
afterAll(() => t[Symbol.asyncDispose]());

const members = ['sam', 'sue', 'sid'];
const open = (walletId: string, signers = { members, threshold: 2 }) => t.custodian.wallets.open({ walletId, signers });
const payment = (transactionId: string, walletId: string, over: object = {}): ProposeMultisig => ({
  kind: 'payment',
  transactionId,
  walletId,
  proposerId: 'sam',
  payloadHash: `hash-${transactionId}`,
  ...over,
});
async function sign(transactionId: string, ...signers: string[]) {
  const { payloadHash } = (await t.custodian.wallets.findTransaction(transactionId))!;
  for (const signerId of signers)
    await t.custodian.wallets.sign({ transactionId, signerId, payloadHash, signature: `0x${signerId}` });
}
const conflict = (code: string) => ({ kind: 'conflict', code });
const nonceOf = async (walletId: string) => (await t.custodian.wallets.get(walletId)).nextNonce;

test('a payment is executed with enough signatures, once, and takes its nonce', async () => {
  const { wallets } = t.custodian;
  const wallet = await open('w1');
  expect(wallet).toEqual({
    walletId: 'w1',
    nextNonce: 0,
    signers: { version: 1, members, threshold: 2, validFrom: '2026-01-01T00:00:00.000000Z' },
    openedAt: '2026-01-01T00:00:00.000000Z',
    version: 1,
  });
  expect(await open('w1')).toEqual(wallet);
  await expect(open('w1', { members, threshold: 3 })).rejects.toMatchObject(conflict('id-conflict'));
  const proposed = await wallets.propose(payment('m1', 'w1'));
  expect(proposed).toMatchObject({ nonce: 0, status: 'proposed', signatures: [] });
  expect(await wallets.propose(payment('m1', 'w1'))).toEqual(proposed);
  await sign('m1', 'sam');
  await expect(wallets.execute('m1')).rejects.toMatchObject({
    ...conflict('not-enough-signatures'),
    details: { signed: 1, threshold: 2 },
  });
  await sign('m1', 'sam', 'sue');
  const executed = await wallets.execute('m1');
  expect(executed).toMatchObject({
    status: 'executed',
    signatures: [
      { signerId: 'sam', signerVersion: 1, valid: true },
      { signerId: 'sue', signerVersion: 1, valid: true },
    ],
  });
  expect(await wallets.execute('m1')).toEqual(executed);
  expect(await nonceOf('w1')).toBe(1);
});

test('nonces have no gaps, and what takes one replaces the others', async () => {
  const { wallets } = t.custodian;
  await open('w2');
  await wallets.propose(payment('n0', 'w2'));
  await wallets.propose(payment('n1', 'w2'));
  expect(await wallets.findTransaction('n1')).toMatchObject({ nonce: 1 });
  await expect(wallets.propose(payment('n3', 'w2', { nonce: 3 }))).rejects.toMatchObject({
    ...conflict('nonce-gap'),
    details: { nonce: 3, nextNonce: 0 },
  });
  await sign('n1', 'sam', 'sue');
  await expect(wallets.execute('n1')).rejects.toMatchObject(conflict('nonce-not-next'));
  const rejection = { kind: 'rejection', transactionId: 'r0', walletId: 'w2', proposerId: 'sue', nonce: 0 } as const;
  await wallets.propose(rejection);
  await sign('r0', 'sue', 'sid');
  await wallets.execute('r0');
  expect(await wallets.findTransaction('n0')).toMatchObject({ status: 'replaced' });
  const before = await t.everything();
  expect(
    await errorsOf([
      wallets.execute('n0'),
      sign('n0', 'sid'),
      wallets.propose(payment('late', 'w2', { nonce: 0 })),
      wallets.propose(payment('n1', 'w2', { payloadHash: 'other' })),
      wallets.propose(payment('x', 'w2', { proposerId: 'eve' })),
      wallets.propose(payment('x', 'nothing')),
      wallets.propose(payment('x', 'w2', { transferId: 'nothing' })),
      wallets.sign({ transactionId: 'n1', signerId: 'sid', payloadHash: 'other', signature: 's' }),
      wallets.sign({ transactionId: 'n1', signerId: 'eve', payloadHash: 'hash-n1', signature: 's' }),
      wallets.sign({ transactionId: 'n1', signerId: 'sam', payloadHash: 'hash-n1', signature: 'another' }),
      wallets.execute('nothing'),
    ]),
  ).toMatchObject([
    conflict('transaction-closed'),
    conflict('transaction-closed'),
    conflict('nonce-used'),
    conflict('id-conflict'),
    conflict('not-a-signer'),
    { kind: 'not-found', code: 'unknown-wallet' },
    { kind: 'not-found', code: 'unknown-transfer' },
    conflict('payload-mismatch'),
    conflict('not-a-signer'),
    conflict('already-signed'),
    { kind: 'not-found', code: 'unknown-transaction' },
  ]);
  expect(await t.everything()).toBe(before);
  await wallets.execute('n1');
  expect(await nonceOf('w2')).toBe(2);
});

test('a set of signers is changed by its own quorum; who left does not count, nor does a signature from before a return', async () => {
  const { wallets, policies } = t.custodian;
  await open('w3');
  const change = async (transactionId: string, to: string[], signers: string[]) => {
    await wallets.propose({
      kind: 'signer-change',
      transactionId,
      walletId: 'w3',
      proposerId: signers[0]!,
      signers: { members: to, threshold: 2 },
    });
    await sign(transactionId, ...signers);
    await wallets.execute(transactionId);
  };
  // Signed before the changes, executed after them.
  await wallets.propose(payment('later', 'w3', { nonce: 0 }));
  await sign('later', 'sam', 'sue');
  await change('c0', ['sue', 'sid', 'sal'], ['sue', 'sid']).catch(() => {});
  // It was at nonce 1, which is not the next one.
  expect(await wallets.findTransaction('c0')).toMatchObject({ nonce: 1, status: 'proposed' });
  await wallets.execute('later');
  await wallets.propose(payment('p2', 'w3'));
  await sign('p2', 'sam', 'sue');
  await wallets.execute('c0');
  expect(await wallets.get('w3')).toMatchObject({
    signers: { version: 2, members: ['sue', 'sid', 'sal'], transactionId: 'c0' },
  });
  await expect(wallets.execute('p2')).rejects.toMatchObject({ details: { signed: 1, threshold: 2 } });
  await expect(wallets.propose(payment('p3', 'w3'))).rejects.toMatchObject(conflict('not-a-signer'));
  const rejection = {
    kind: 'signer-change',
    transactionId: 'c2',
    walletId: 'w3',
    proposerId: 'sid',
    nonce: 2,
    signers: { members, threshold: 2 },
  } as const;
  await wallets.propose(rejection);
  await wallets.propose(payment('p3', 'w3', { proposerId: 'sue', nonce: 3 }));
  await sign('p3', 'sue');
  await sign('c2', 'sid', 'sal');
  await wallets.execute('c2');
  expect((await wallets.listSigners('w3')).map(({ version, threshold }) => [version, threshold])).toEqual([
    [1, 2],
    [2, 2],
    [3, 2],
  ]);
  // Sam is back, and would have to sign again; Sue was of all sets.
  expect((await wallets.findTransaction('p2'))!.signatures).toMatchObject([
    { signerId: 'sam', valid: false },
    { signerId: 'sue', valid: true },
  ]);
  await sign('p3', 'sam');
  await wallets.execute('p3');
  expect(await nonceOf('w3')).toBe(4);
  expect((await policies.listCompliance({ kind: 'signer-change' })).items).toHaveLength(2);
});

test('a transfer for which a wallet has a transaction is out only when that is executed', async () => {
  const { wallets, policies, transfers } = t.custodian;
  await t.custodian.approvals.registerApprover({ approverId: 'ann' });
  const terms = { expiresAfter: 'PT1H', groups: [{ name: 'g', threshold: 1, members: ['ann'] }] };
  await policies.propose({
    policyId: 'p',
    initiatorId: 'i',
    rules: [{ ruleId: 'r', action: 'allow' }],
    changeTerms: terms,
  });
  await t.client('alice', { BTC: '1' });
  await open('w4');
  const { transferId } = await transfers.request({
    requesterId: 'rita',
    idempotencyKey: 'k',
    kind: 'withdrawal',
    fromAccountId: 'alice',
    toAccountId: 'external',
    asset: 'BTC',
    amount: '1',
  });
  await transfers.requestSignatures({ transferId });
  await wallets.propose(payment('pay', 'w4', { transferId }));
  await expect(transfers.broadcast({ transferId })).rejects.toMatchObject(conflict('not-signed'));
  await sign('pay', 'sam', 'sid');
  await wallets.execute('pay');
  expect(await transfers.broadcast({ transferId })).toMatchObject({ status: 'broadcasting' });
  await transfers.complete({ transferId });
  await expect(wallets.propose(payment('pay2', 'w4', { transferId }))).rejects.toMatchObject(
    conflict('transfer-closed'),
  );
});

test('whatever is proposed, signed and executed at once, each nonce is executed once and none is left out', async () => {
  const { wallets } = t.custodian;
  const second = t.box.open('custodian', { workers: false });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ nonce: fc.integer({ min: 0, max: 3 }), by: fc.constantFrom(...members) }), {
        minLength: 6,
        maxLength: 12,
      }),
      async (proposals) => {
        run += 1;
        const walletId = `many-${run}`;
        await open(walletId);
        const work = proposals.map(async ({ nonce, by }, i) => {
          const port = (i % 2 ? t.custodian : second).wallets;
          const transactionId = `${walletId}/${i}`;
          const input = payment(transactionId, walletId, { nonce, proposerId: by });
          await port.propose(input);
          for (const signerId of ['sam', 'sue'])
            await port.sign({ transactionId, signerId, payloadHash: `hash-${transactionId}`, signature: 's' });
          await port.execute(transactionId);
        });
        await Promise.allSettled(work);
        const executed = await Array.fromAsync(wallets.listTransactions({ walletId, status: 'executed', limit: 3 }));
        expect(executed.map(({ nonce }) => nonce)).toEqual(executed.map((_, i) => i));
        expect(await nonceOf(walletId)).toBe(executed.length);
      },
    ),
    { numRuns: 12 },
  );
});
