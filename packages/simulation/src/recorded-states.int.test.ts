import { instant, withContext } from '@tse/core';
import { type SchemaSnapshot, openFacts, rebuildStates, snapshotFacts } from '@tse/core/admin';
import { type Sandbox, sandbox } from '@tse/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openAuditCorrelator } from './audit-correlator.ts';
import { openEcosystem } from './ecosystem/ecosystem.ts';
import { planOf } from './ecosystem/plan.ts';
import { timelineOf } from './ecosystem/timeline.ts';
import { toolings } from './invariants.ts';
import { stepsOf } from './participants/participants.ts';
import type { Print, PrintSource } from './prints/print.ts';
import { sevenAdapters } from './seven-adapters.ts';

vi.setConfig({ hookTimeout: 240_000, testTimeout: 60_000 }); // a whole demo before

const symbol = 'BTC-USD';
const prints: readonly Print[] = Array.from({ length: 60 }, (_, i) => ({
  id: `${i + 1}`,
  sequence: i + 1,
  price: (100 + ((i * 7919) % 23) / 10).toFixed(1),
  quantity: `${1 + ((i * 31) % 40)}`,
  taker: i % 3 === 0 ? 'sell' : 'buy',
  at: new Date(Date.UTC(2026, 0, 5, 10, 0, i * 20)).toISOString().replace('Z', '000Z'),
}));
const source: PrintSource = {
  name: 'prints of twenty minutes',
  base: 'BTC',
  quote: 'USD',
  async *read() {
    yield* prints;
  },
};

const SCENARIO = `scenario: broken
name: Something breaks
type: combined
lock: broken
steps:
  - { fault: f, target: nobody, kind: service-restart, for: PT1M }
`;

type Name = keyof typeof toolings;
const names = Object.keys(toolings) as Name[];
const statesOf = (name: Name) => toolings[name].states ?? [];

let box: Sandbox<typeof sevenAdapters>;
let before: Record<Name, SchemaSnapshot>;
let vector: Record<string, number>;

async function each<T>(work: (name: Name, facts: Awaited<ReturnType<typeof openFacts>>) => Promise<T>) {
  const target = { admin: box.admin, instance: box.exchange.identity.instance };
  const found = await Promise.all(
    names.map(async (name) => {
      await using facts = await openFacts(toolings[name].definition, target);
      return [name, await work(name, facts)] as const;
    }),
  );
  return Object.fromEntries(found) as Record<Name, T>;
}
const snapshot = () => each((name, facts) => snapshotFacts(facts, statesOf(name)));
const rebuilt = (at: Record<string, number>) => each((name, facts) => rebuildStates(facts, statesOf(name), at));
const stateItems = (items: SchemaSnapshot['items']) => items.filter(({ object }) => !object.startsWith('facts_'));

/** All seven have worked; everything is numbered, read and in the trail. */
beforeAll(async () => {
  box = await sandbox(sevenAdapters, { start: prints[0]!.at });
  const { exchange, marketData, testCoordinator, audit, clock } = box;
  await testCoordinator.scenarios.publish({ text: SCENARIO, status: 'active' });
  {
    const target = { admin: box.admin, instance: exchange.identity.instance };
    const plan = await planOf(source);
    await using ecosystem = await openEcosystem({
      plan,
      demo: { ...box, target, adapters: box, environment: {} },
      clock,
      seed: 1,
    });
    const timeline = await timelineOf(stepsOf(source.read(), plan.terms));
    await ecosystem.settle();
    while (timeline.next !== undefined) {
      const steps = await timeline.take();
      await ecosystem.step(steps.at(-1)!.print.at, steps);
    }
    await ecosystem.custody.moveFunds();
    await ecosystem.settle();
  }
  await happen('early', 1);
  await marketData.manipulations.plan({ manipulationId: 'm', symbol, kind: 'layering', modifier: { frozen: true } });
  await (await openAuditCorrelator(audit, [])).drain();
  do before = await snapshot();
  while (Object.values(before).some(({ unnumbered }) => unnumbered > 0));
  vector = Object.fromEntries(Object.values(before).map(({ watermark, items }) => [items[0]!.schema, watermark]));
});
afterAll(() => box[Symbol.asyncDispose]());

/** Something of every kind, in each by its own ports; what comes from the exchange says so, with its number there. */
async function happen(name: 'early' | 'late', sourceSeq: number): Promise<void> {
  const { exchange, custodian, risk, trading, marketData, testCoordinator, clock } = box;
  await clock.advance('PT1M');
  const at = clock.now();
  const [buyer, seller] = [`${name}-buyer`, `${name}-seller`];
  for (const [accountId, asset] of [
    [buyer, 'USD'],
    [seller, 'BTC'],
  ] as const) {
    await exchange.accounts.open({ accountId, ownerId: accountId });
    await exchange.ledger.deposit({ reference: accountId, accountId, asset, amount: '1000' });
  }
  const order = { symbol, type: 'limit', timeInForce: 'gtc', quantity: '1', price: '1' } as const;
  await exchange.orders.place({ ...order, accountId: buyer, orderId: `${name}-1`, side: 'buy' });
  await exchange.orders.place({ ...order, accountId: buyer, orderId: `${name}-2`, side: 'buy' });
  await exchange.orders.cancel({ accountId: buyer, orderId: `${name}-2` });
  await exchange.orders.place({ ...order, accountId: seller, orderId: `${name}-3`, side: 'sell' });
  await using lease = await exchange.leases.hold(`matching/${symbol}`);
  const ids = { tradeId: name, makerOrderId: `${name}-1`, takerOrderId: `${name}-3` };
  const outcomes = await exchange.matches.settle([{ ...ids, symbol, price: '1', quantity: '1' }], { lease });
  expect(outcomes).toMatchObject([{ ok: true }]);

  const [client] = (await custodian.accounts.list({ kind: 'segregated' })).items;
  const [from, to] = ['external', client!.accountId];
  await custodian.holdings.adjust({
    reference: name,
    reason: name,
    movements: [
      { accountId: from, asset: 'USD', amount: '-100' },
      { accountId: to, asset: 'USD', amount: '100' },
    ],
  });
  const leg = { kind: 'payment', from: to, to: from, asset: 'USD', quantity: '1' } as const;
  await custodian.processSettlement({ source: name, reference: name, cycle: 0, legs: [leg] });
  const transfer = { kind: 'deposit', fromAccountId: from, toAccountId: to, asset: 'USD', amount: '3' } as const;
  await custodian.transfers.request({ ...transfer, transferId: name, idempotencyKey: name, requesterId: name });

  const read = { source: exchange.identity.schema, sourceSeq };
  const bought = { symbol, side: 'buy', quantity: '1', price: '1' } as const;
  const filled = { ...bought, venue: 'exchange', fee: '0', feeAsset: 'USD' } as const;
  await risk.limits.define({ limitId: name, metric: 'position', scope: { account: buyer, symbol }, soft: '0.5' });
  await risk.checks.check({ ...bought, checkId: name, orderId: `${name}-1`, account: buyer });
  await withContext(read, async () => {
    const fill = { ...filled, fillId: name, account: buyer, orderId: `${name}-1`, sequence: 1, at };
    expect(await risk.positions.applyFills([fill])).toMatchObject([{ ok: true }]);
  });
  await risk.breaches.evaluate();

  const { id: strategyId, latestVersion } = (await trading.strategies.list()).items[0]!;
  const deploymentId = name;
  const deployed = { deploymentId, accountId: buyer, venue: 'exchange', startingEquity: '1000' };
  await trading.deployments.create({ ...deployed, strategyId, strategyVersion: latestVersion! });
  const { epoch } = await trading.deployments.attach({ deploymentId });
  await trading.signals.record({ deploymentId, epoch, symbol, action: 'enter-long', outcome: 'accepted' });
  await trading.orders.submit({ ...order, deploymentId, orderId: `${name}-4`, epoch, side: 'buy' });
  await withContext(read, async () => {
    const of = { tradeId: name, orderId: `${name}-4`, accountId: buyer, tradeSequence: 1, matchedAt: at };
    await trading.fills.apply({ ...filled, ...of });
  });

  // In a minute whose candle stands: it is made again.
  const trade = { tradeId: name, eventAt: prints[5]!.at, sequence: sourceSeq, price: '250', quantity: '1' };
  await marketData.trades.record({ venue: 'tape', symbol, trades: [{ ...trade, takerSide: 'buy' }] });
  while ((await marketData.candles.recompute()) > 0);

  await testCoordinator.runs.request({ runId: name, scenarioId: 'broken' });
  await using lock = await testCoordinator.locks.hold('broken');
  const run = { runId: name, fence: lock.fence };
  await testCoordinator.runs.start({ ...run, lockName: lock.name });
  const fault = { faultId: name, path: '1', target: 'nobody', kind: 'service-restart' } as const;
  await testCoordinator.faults.plan({ ...run, ...fault, mustEndBy: instant.plusMillis(at, 60_000) });
}

test('at the vector of a snapshot every state is made again of what was recorded, to the checksum', async () => {
  const at = await rebuilt(vector);
  for (const name of names) {
    expect(at[name].lacking, name).toEqual([]);
    expect(at[name].items, name).toEqual(stateItems(before[name].items));
    expect(at[name].items.length).toBe(statesOf(name).length);
  }
  const empty = names.flatMap((name) => at[name].items.filter(({ rows }) => rows === 0).map(({ object }) => object));
  expect(empty).toEqual([]);
});

test('and it is so however much has happened since', async () => {
  const { marketData, audit, exchange } = box;
  await happen('late', vector[exchange.identity.schema]! + 1);
  await marketData.manipulations.inject({ manipulationId: 'm' });
  await marketData.instruments.changeStatus({ symbol, status: 'inactive' });
  await (await openAuditCorrelator(audit, [])).drain();
  const now = await snapshot();
  const at = await rebuilt(vector);
  const unchanged: string[] = [];
  for (const name of names) {
    const then = stateItems(before[name].items);
    expect(at[name].items, name).toEqual(then);
    for (const [i, item] of stateItems(now[name].items).entries())
      if (item.checksum === then[i]!.checksum) unchanged.push(`${name} ${item.object}`);
  }
  expect(unchanged).toEqual([]);
});
