import { type StatementLine, createCustodianAdapter } from '@tse/custodian';
import { createExchangeAdapter } from '@tse/exchange';
import { type Sandbox, sandbox } from '@tse/testkit';
import { expect, test } from 'vitest';
import { openBtcVenue, symbol } from './btc-venue.fixture.ts';
import { openCustodianSimulator } from './custodian-simulator.ts';
import { completeStatement } from './custody/complete-statement.ts';
import { plantBreak } from './custody/planted-break.ts';
import { checkReconciliation, reconcileVenue } from './custody/reconcile-venue.ts';
import { openTransferDesk } from './custody/transfer-desk.ts';
import { openExchangeSimulator } from './exchange-simulator.ts';
import type { ToldFault } from './fault-targets.ts';
import { verifiedOf } from './invariants.ts';
import type { AccountName, SimulatedOrder, Step } from './participants/orders.ts';

type Box = Sandbox<{ exchange: typeof createExchangeAdapter; custodian: typeof createCustodianAdapter }>;

const order = (accountId: AccountName, clientOrderId: string, side: 'buy' | 'sell'): SimulatedOrder => ({
  accountId,
  clientOrderId,
  symbol,
  side,
  type: 'limit',
  timeInForce: 'gtc',
  price: '100',
  quantity: '1',
});
/** Trade number n: bob sells one bitcoin to alice. */
const trade = (n: number): Step => ({
  print: {
    id: `${n}`,
    sequence: n,
    price: '100',
    quantity: '1',
    taker: 'buy',
    at: `2026-03-01T10:00:${String(n).padStart(2, '0')}Z`,
  },
  cancel: [],
  endsRun: true,
  place: [order('bob', `sell-${n}`, 'sell'), order('alice', `buy-${n}`, 'buy')],
});

async function withVenue(): Promise<Box> {
  const box = await sandbox(
    { exchange: createExchangeAdapter, custodian: createCustodianAdapter },
    { start: '2026-03-01T00:00:00Z' },
  );
  await openBtcVenue(box.exchange, [
    ['alice', 'USD', '10000'],
    ['bob', 'BTC', '50'],
    ['bob', 'USD', '10'],
  ]);
  return box;
}
const targetOf = (box: Box) => ({ admin: box.admin, instance: box.exchange.identity.instance! });
const venueOf = (box: Box) => box.exchange.identity.label;
const custody = async (box: Box) => {
  const checked = { options: () => box.options('custodian'), target: targetOf(box) };
  const found = await verifiedOf(checked, 'custodian', new AbortController().signal);
  return found.find(({ name }) => name === 'custody')!;
};
const total = async (box: Box, accountId: string, asset: string) =>
  (await box.exchange.balances.get({ accountId, asset }, { fresh: true })).total;
const settled = async (box: Box, accountId: string, asset: string) =>
  (await box.custodian.holdings.get({ accountId: `client/${accountId}`, asset }, { fresh: true })).settled;

test('trades reach custody on their day, one fails; funds go in and out through both; one withdrawal waits', async () => {
  await using box = await withVenue();
  await using desk = openTransferDesk(box.exchange);
  await using simulator = await openCustodianSimulator(box.custodian, { venue: venueOf(box), clock: box.clock });
  const delay = {
    faultId: 'run-1/1',
    runId: 'run-1',
    fence: 1,
    target: 'custodian',
    kind: 'settlement-delay',
    params: { asset: 'BTC' },
    undo: {},
    mustEndBy: '2026-03-10T00:00:00.000000Z',
    state: 'injecting',
    faultVersion: 2,
  } satisfies ToldFault;
  {
    await using market = await openExchangeSimulator(box.exchange, symbol, box.clock);
    await market.run([1, 2, 3, 4].map(trade));
    await expect.poll(() => simulator.tally.settlements).toBe(4);
    await simulator.faults.inject(delay);
    await market.run([5, 6].map(trade));
  }
  await expect.poll(() => simulator.tally.settlements).toBe(6);
  // T+0 moved, T+1 waits for the next day.
  expect(await settled(box, 'alice', 'BTC')).toBe('3');
  expect(await custody(box)).toMatchObject({ ok: true });

  await simulator.moveFunds();
  await simulator.drain();
  await desk.drain();
  expect(simulator.transfers.map(({ kind, status }) => [kind, status])).toEqual([
    ['deposit', 'completed'],
    ['withdrawal', 'completed'],
    ['withdrawal', 'pending-approval'],
  ]);
  const { amount, asset, fromAccountId } = simulator.transfers[2]!;
  const account = fromAccountId.replace('client/', '');
  await expect
    .poll(async () => (await box.exchange.balances.get({ accountId: account, asset }, { fresh: true })).held)
    .toBe(amount);
  expect(await custody(box)).toMatchObject({ ok: true });

  await box.clock.advance('P2D');
  await simulator.drain();
  expect(await settled(box, 'alice', 'BTC')).toBe('5');
  expect((await box.custodian.settlements.listFails()).items).toMatchObject([{ reason: 'delayed' }]);
  expect(await custody(box)).toMatchObject({ ok: true, compared: expect.any(Number) });
  // But for the one that failed and the fees, both have the same.
  expect(await total(box, 'alice', 'BTC')).toBe('6');

  await simulator.faults.undo({ ...delay, state: 'undoing' });
  await box.clock.advance('PT1M');
  await simulator.drain();
  expect(await settled(box, 'alice', 'BTC')).toBe('6');
  expect(simulator.tally.delayed).toBe(1);
});

test('the identity counts the legs and the fees: what is not of both is found, and named', async () => {
  await using box = await withVenue();
  await using _simulator = await openCustodianSimulator(box.custodian, { venue: venueOf(box), clock: box.clock });
  {
    await using market = await openExchangeSimulator(box.exchange, symbol, box.clock);
    await market.run([1, 2].map(trade));
  }
  await expect.poll(async () => (await custody(box)).compared).toBeGreaterThan(4);
  await expect.poll(() => custody(box)).toMatchObject({ ok: true });
  await box.custodian.holdings.adjust({
    reference: 'by-hand',
    reason: 'a mistake',
    movements: [
      { accountId: 'client/alice', asset: 'USD', amount: '-1' },
      { accountId: 'client/bob', asset: 'USD', amount: '1' },
    ],
  });
  expect(await custody(box)).toMatchObject({
    ok: false,
    differences: [expect.stringContaining('alice USD'), expect.stringContaining('bob USD')],
  });
});

test('a custodian that starts late, or again, reads from the beginning and settles nothing twice', async () => {
  await using box = await withVenue();
  {
    await using market = await openExchangeSimulator(box.exchange, symbol, box.clock);
    await market.run([1, 2, 3].map(trade));
  }
  for (let again = 0; again < 3; again += 1) {
    await using simulator = await openCustodianSimulator(box.custodian, { venue: venueOf(box), clock: box.clock });
    await simulator.drain();
  }
  await box.clock.advance('P1D');
  await using simulator = await openCustodianSimulator(box.custodian, { venue: venueOf(box), clock: box.clock });
  await simulator.drain();
  expect((await box.custodian.settlements.list()).items).toHaveLength(3);
  expect(await custody(box)).toMatchObject({ ok: true });
});

test('whatever break a seed plants in the statement of the venue is found, and nothing else', async () => {
  await using box = await withVenue();
  await using desk = openTransferDesk(box.exchange);
  await using simulator = await openCustodianSimulator(box.custodian, { venue: venueOf(box), clock: box.clock });
  {
    await using market = await openExchangeSimulator(box.exchange, symbol, box.clock);
    await market.run([1, 2, 3, 4].map(trade));
  }
  await simulator.moveFunds();
  await simulator.drain();
  const complete = await completeStatement(box.custodian, desk);
  const reconcile = (venue: string, statement: readonly StatementLine[]) =>
    reconcileVenue(box.custodian, { venue, statement, cutoff: box.clock.now() });
  const right = await reconcile('right', complete);
  expect(checkReconciliation(right)).toEqual({ name: 'reconciliation', ok: true, compared: complete.length });
  expect(right.run.matched).toBeGreaterThan(5);
  for (const seed of [0, 1, 2, 3, 4, 17, 33]) {
    const { statement, planted } = plantBreak(complete, seed);
    const found = await reconcile(`seed-${seed}`, statement);
    expect(checkReconciliation(found, planted)).toMatchObject({ ok: true, compared: statement.length });
    // It is not only that nothing is looked at.
    expect(checkReconciliation(found)).toMatchObject({ ok: false, problem: expect.stringContaining(planted.kind) });
  }
});
