import { decimal } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InclusionProof, verifyInclusion } from '../index.ts';
import { type TestExchange, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
  for (let i = 0; i < 5; i += 1)
    await t.customer(`c${i}`, { USD: `${i + 1}.0000000001`, ...(i % 2 === 0 && { BTC: '0.00000001' }) });
  await t.customer('c0/sub', { USD: '100' }, 'c0');
  await t.customer('overdrawn');
  await t.exchange.accounts.setOverdraft({ accountId: 'overdrawn', asset: 'USD', overdraft: '50' });
  await t.exchange.ledger.withdraw({ reference: 'o', accountId: 'overdrawn', asset: 'USD', amount: '50' });
});
afterAll(() => t[Symbol.asyncDispose]());

test('a snapshot counts what all customers have, and stands as it was taken', async () => {
  const { liabilities, ledger } = t.exchange;
  const snapshot = await liabilities.snapshot({ snapshotId: 'day-1' });
  expect(snapshot).toEqual({
    snapshotId: 'day-1',
    asOf: '2026-01-01T00:00:00.000000Z',
    root: expect.stringMatching(/^[0-9a-f]{64}$/),
    totals: { BTC: '0.00000003', USD: '115.0000000005' },
    leaves: 9,
  });
  const owed = await Promise.all(['c0', 'c1', 'c2', 'c3', 'c4'].map(async (id) => (await t.balances(id))['USD']![2]));
  expect(decimal.sum([...owed, '100'])).toBe(snapshot.totals['USD']);
  await ledger.deposit({ reference: 'later', accountId: 'c1', asset: 'USD', amount: '1' });
  expect(await liabilities.snapshot({ snapshotId: 'day-1' })).toEqual(snapshot);
  expect(await liabilities.find('day-1')).toEqual(snapshot);
  const next = await Promise.all(Array.from({ length: 4 }, () => liabilities.snapshot({ snapshotId: 'day-2' })));
  for (const each of next) expect(each).toEqual(next[0]);
  expect(next[0]).toMatchObject({ totals: { USD: '116.0000000005' } });
  expect(next[0]!.root).not.toBe(snapshot.root);
});

test('each balance that is counted can be proved with the root alone, and nothing else can', async () => {
  const { liabilities } = t.exchange;
  const snapshot = (await liabilities.find('day-1'))!;
  const proofs: InclusionProof[] = [];
  for (let i = 0; i < 5; i += 1)
    proofs.push(await liabilities.prove({ snapshotId: 'day-1', accountId: `c${i}`, asset: 'USD' }));
  proofs.push(await liabilities.prove({ snapshotId: 'day-1', accountId: 'c0/sub', parentId: 'c0', asset: 'USD' }));
  for (const proof of proofs) {
    expect(proof.root).toBe(snapshot.root);
    expect(verifyInclusion(proof)).toBe(true);
    expect(verifyInclusion(JSON.parse(JSON.stringify(proof)) as InclusionProof)).toBe(true);
    expect(
      decimal.sum(Object.entries(proof.assets).map(([asset, { sum }]) => decimal.minus(sum, snapshot.totals[asset]!))),
    ).toBe('0');
    const bent: Partial<InclusionProof>[] = [
      { root: (proofs[0] === proof ? '0' : '1').repeat(64) },
      { amount: decimal.plus(proof.amount, '1') },
      { accountId: 'mallory' },
      { asset: 'BTC' },
      { salt: 'x' },
      { steps: proof.steps.slice(1) },
    ];
    for (const over of bent) expect(verifyInclusion({ ...proof, ...over })).toBe(false);
  }
  const other = await liabilities.prove({ snapshotId: 'day-2', accountId: 'c2', asset: 'USD' });
  expect(verifyInclusion({ ...other, root: snapshot.root })).toBe(false);
});

test('what is not counted cannot be proved', async () => {
  const { liabilities } = t.exchange;
  const notCounted = { kind: 'not-found', code: 'unknown-balance' };
  await expect(liabilities.prove({ snapshotId: 'day-1', accountId: 'overdrawn', asset: 'USD' })).rejects.toMatchObject(
    notCounted,
  );
  await expect(liabilities.prove({ snapshotId: 'day-1', accountId: 'c1', asset: 'BTC' })).rejects.toMatchObject(
    notCounted,
  );
  await expect(liabilities.prove({ snapshotId: 'day-1', accountId: 'external', asset: 'USD' })).rejects.toMatchObject(
    notCounted,
  );
  await expect(liabilities.prove({ snapshotId: 'day-9', accountId: 'c1', asset: 'USD' })).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-snapshot',
  });
  expect(await liabilities.find('day-9')).toBeUndefined();
});

test('snapshots are listed newest first', async () => {
  const { liabilities } = t.exchange;
  await t.box.clock.advance('P1D');
  await liabilities.snapshot({ snapshotId: 'day-3' });
  const ids = async (limit: number) =>
    (await Array.fromAsync(liabilities.list({ limit }))).map(({ snapshotId }) => snapshotId);
  expect(await ids(1)).toEqual(['day-3', 'day-2', 'day-1']);
  expect(await ids(100)).toEqual(['day-3', 'day-2', 'day-1']);
});
