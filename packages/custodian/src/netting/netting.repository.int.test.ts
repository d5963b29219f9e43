import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProcessSettlement } from '../settlements/settlements.ts';
import { type TestCustodian, errorsOf, testCustodian } from '../test-custodian.ts';

const DAY = '2026-01-02';
const CUTOFF = '2026-01-01T12:00:00Z';
const TRADED = '2026-01-01T00:00:00Z';

const pay = (
  reference: string,
  from: string,
  to: string,
  quantity: string,
  over: Partial<ProcessSettlement> = {},
): ProcessSettlement => ({
  source: 'exchange',
  reference,
  cycle: 1,
  tradedAt: TRADED,
  legs: [{ kind: 'payment', from, to, asset: 'USD', quantity }],
  ...over,
});
const batch = (nettingBatchId: string) => ({ nettingBatchId, source: 'exchange', intendedDate: DAY, cutoffAt: CUTOFF });

async function withClients(funds = '50'): Promise<TestCustodian> {
  const t = await testCustodian({ options: { workers: false } });
  for (const client of ['a', 'b', 'c']) await t.client(client, { USD: funds });
  return t;
}

test('instructions become one net, settle with it in one transaction, and not by themselves', async () => {
  await using t = await withClients();
  const { netting, settlements, processSettlement } = t.custodian;
  // Round and round: no one has 100, the net is 10 from a to b.
  await settlements.process([pay('1', 'a', 'b', '110'), pay('2', 'b', 'c', '100'), pay('3', 'c', 'a', '100')]);
  await processSettlement(pay('late', 'a', 'b', '1', { tradedAt: '2026-01-01T12:00:00Z' }));
  await processSettlement(pay('held', 'a', 'b', '1', { onHold: true }));
  const netted = await netting.net(batch('n-1'));
  expect(netted).toMatchObject({
    status: 'open',
    instructions: 3,
    obligations: [
      { accountId: 'a', asset: 'USD', amount: '-10' },
      { accountId: 'b', asset: 'USD', amount: '10' },
    ],
  });
  await t.box.clock.advance('P1D');
  expect(await processSettlement(pay('1', 'a', 'b', '110'))).toMatchObject({ status: 'netted', reason: 'netted' });
  const settled = await netting.settle('n-1');
  expect(settled).toMatchObject({ status: 'settled', version: 2 });
  expect(await netting.settle('n-1')).toEqual(settled);
  expect(await t.holdings('a')).toEqual({ USD: ['40', '0'] });
  expect(await t.holdings('c')).toEqual({ USD: ['50', '0'] });
  expect(await t.custodian.holdings.findTransaction('netting:n-1')).toMatchObject({ movements: [{}, {}] });
  const of = await settlements.list({ nettingBatchId: 'n-1' });
  expect(of.items.map(({ status }) => status)).toEqual(['settled', 'settled', 'settled']);
  expect(await settlements.findByReference({ source: 'exchange', reference: 'late' })).toMatchObject({
    status: 'pending',
  });
  expect((await settlements.listEvents(of.items[0]!.settlementId)).map(({ type }) => type)).toEqual([
    'registered',
    'netted',
    'settled',
  ]);
});

test('netting run twice is one batch, under one id or two, one after the other or at once', async () => {
  await using t = await withClients();
  const { netting, settlements } = t.custodian;
  await settlements.process([pay('1', 'a', 'b', '10'), pay('2', 'b', 'a', '4')]);
  const runs = await Promise.allSettled(['x', 'x', 'x', 'y', 'y'].map((id) => netting.net(batch(id))));
  const batches = runs.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : []));
  expect(new Set(batches.map((one) => JSON.stringify(one))).size).toBe(1);
  for (const run of runs) if (run.status === 'rejected') expect(run.reason).toMatchObject({ code: 'nothing-to-net' });
  const [won] = (await netting.list()).items;
  expect(await netting.net(batch(won!.nettingBatchId))).toEqual(won);
  expect(
    await errorsOf([
      netting.net({ ...batch(won!.nettingBatchId), cutoffAt: '2026-01-01T13:00:00Z' }),
      netting.net(batch('z')),
      netting.settle(won!.nettingBatchId),
      netting.get('nobody'),
      netting.settle('nobody'),
    ]),
  ).toMatchObject([
    { code: 'id-conflict' },
    { code: 'nothing-to-net' },
    { code: 'not-due' },
    { code: 'unknown-batch' },
    { code: 'unknown-batch' },
  ]);
  await t.box.clock.advance('P1D');
  const settledTwice = await Promise.all([1, 2, 3].map(() => netting.settle(won!.nettingBatchId)));
  expect(new Set(settledTwice.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(await t.holdings('b')).toEqual({ USD: ['56', '0'] });
});

test('a net that one of them cannot pay moves nothing; cancelled, each settles by itself again', async () => {
  await using t = await withClients('5');
  const { netting, settlements } = t.custodian;
  await settlements.process([pay('1', 'a', 'b', '10'), pay('2', 'c', 'b', '5')]);
  await netting.net(batch('n'));
  await t.box.clock.advance('P1D');
  const before = await t.everything();
  await expect(netting.settle('n')).rejects.toMatchObject({ kind: 'conflict', code: 'insufficient-holdings' });
  expect(await t.everything()).toBe(before);
  const cancelled = await netting.cancel({ nettingBatchId: 'n', reason: 'a is short' });
  expect(cancelled).toMatchObject({ status: 'cancelled' });
  expect(await netting.cancel({ nettingBatchId: 'n' })).toEqual(cancelled);
  await expect(netting.settle('n')).rejects.toMatchObject({ code: 'batch-cancelled' });
  expect(await t.custodian.processSettlement(pay('2', 'c', 'b', '5'))).toMatchObject({ status: 'settled' });
  expect(await netting.net(batch('again'))).toMatchObject({ instructions: 1 });
});

test('a batch settles by itself when it is due', async () => {
  await using t = await withClients();
  await t.custodian.processSettlement(pay('1', 'a', 'b', '10'));
  await t.custodian.netting.net(batch('n'));
  await using worker = t.box.open('custodian', { workers: ['settle-netting'] });
  await worker.ready();
  await t.box.clock.advance('P1D');
  await expect.poll(async () => (await t.holdings('b'))['USD']).toEqual(['60', '0']);
});

test('whatever is netted, the obligations of an asset sum to zero and are what settling one by one would move', async () => {
  await using t = await withClients('100000');
  let run = 0;
  const payments = fc.array(
    fc
      .record({
        from: fc.constantFrom('a', 'b', 'c'),
        to: fc.constantFrom('a', 'b', 'c'),
        cents: fc.integer({ min: 1, max: 99_999 }),
      })
      .filter(({ from, to }) => from !== to),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(payments, async (all) => {
      run += 1;
      const source = `s-${run}`;
      const expected: Record<string, number> = { a: 0, b: 0, c: 0 };
      for (const { from, to, cents } of all) {
        expected[from]! -= cents;
        expected[to]! += cents;
      }
      await t.custodian.settlements.process(
        all.map(({ from, to, cents }, i) => pay(String(i), from, to, String(cents / 100), { source })),
      );
      const { obligations } = await t.custodian.netting.net({ ...batch(source), source });
      const found = Object.fromEntries(
        obligations.map(({ accountId, amount }) => [accountId, Math.round(Number(amount) * 100)]),
      );
      expect({ a: 0, b: 0, c: 0, ...found }).toEqual(expected);
    }),
    { numRuns: 25 },
  );
});
