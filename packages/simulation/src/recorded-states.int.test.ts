import { createAuditAdapter } from '@tse/audit';
import { withContext } from '@tse/core';
import { type SchemaSnapshot, openFacts, rebuildStates, snapshotFacts } from '@tse/core/admin';
import { createCustodianAdapter } from '@tse/custodian';
import { createExchangeAdapter } from '@tse/exchange';
import { createMarketDataAdapter } from '@tse/market-data';
import { createRiskAdapter } from '@tse/risk';
import { createTestCoordinatorAdapter } from '@tse/test-coordinator';
import { type Sandbox, sandbox } from '@tse/testkit';
import { createTradingAdapter } from '@tse/trading';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openAuditCorrelator } from './audit-correlator.ts';
import { planOf, runDemo } from './demo-run.ts';
import { toolings } from './invariants.ts';
import type { Print, PrintSource } from './prints/print.ts';

vi.setConfig({ hookTimeout: 240_000, testTimeout: 60_000 }); // a whole demo before

const factories = {
  marketData: createMarketDataAdapter,
  exchange: createExchangeAdapter,
  custodian: createCustodianAdapter,
  risk: createRiskAdapter,
  trading: createTradingAdapter,
  testCoordinator: createTestCoordinatorAdapter,
  audit: createAuditAdapter,
};
const symbol = 'BTC-USD';
const prints: readonly Print[] = Array.from({ length: 60 }, (_, i) => ({
  id: `${i + 1}`,
  sequence: i + 1,
  price: (100 + ((i * 7919) % 23) / 10).toFixed(1),
  quantity: `${1 + ((i * 31) % 40)}`,
  taker: i % 3 === 0 ? 'sell' : 'buy',
  at: new Date(Date.UTC(2026, 0, 5, 10, 0, i)).toISOString().replace('Z', '000Z'),
}));
const source: PrintSource = {
  name: 'prints of a minute',
  base: 'BTC',
  quote: 'USD',
  async *read() {
    yield* prints;
  },
};

type Name = keyof typeof toolings;
const names = Object.keys(toolings) as Name[];
const statesOf = (name: Name) => toolings[name].states ?? [];

let box: Sandbox<typeof factories>;
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
  box = await sandbox(factories, { start: prints[0]!.at });
  const { audit, exchange, clock } = box;
  const signal = new AbortController().signal;
  const target = { admin: box.admin, instance: exchange.identity.instance };
  const running = { clock, signal, seed: 1, quiet: true, say: () => {} };
  await runDemo(await planOf(source), { ...box, target, environment: {} }, running);
  const { risk, marketData } = box;
  const position = (await risk.positions.list()).items.find(({ quantity }) => quantity !== '0');
  const { account } = position!;
  await risk.limits.define({ limitId: 'early', metric: 'position', scope: { account, symbol }, soft: '0' });
  await risk.breaches.evaluate();
  await marketData.manipulations.plan({ manipulationId: 'm', symbol, kind: 'layering', modifier: { frozen: true } });
  await (await openAuditCorrelator(audit, [])).drain(signal);
  do before = await snapshot();
  while (Object.values(before).some(({ unnumbered }) => unnumbered > 0));
  vector = Object.fromEntries(Object.values(before).map(({ watermark, items }) => [items[0]!.schema, watermark]));
});
afterAll(() => box[Symbol.asyncDispose]());

/** Something of every kind happens after the snapshot, in each by its own ports; what came from the exchange says so. */
async function goOn(): Promise<void> {
  const { exchange, custodian, risk, trading, marketData, testCoordinator, audit, clock } = box;
  await clock.advance('PT1M');
  const at = clock.now();
  for (const [accountId, asset] of [
    ['late', 'USD'],
    ['later', 'BTC'],
  ] as const) {
    await exchange.accounts.open({ accountId, ownerId: accountId });
    await exchange.ledger.deposit({ reference: accountId, accountId, asset, amount: '1000' });
  }
  const order = { symbol, type: 'limit', timeInForce: 'gtc', quantity: '1', price: '1' } as const;
  await exchange.orders.place({ ...order, accountId: 'late', orderId: 'late-1', side: 'buy' });
  await exchange.orders.place({ ...order, accountId: 'late', orderId: 'late-2', side: 'buy' });
  await exchange.orders.cancel({ accountId: 'late', orderId: 'late-2' });
  await exchange.orders.place({ ...order, accountId: 'later', orderId: 'late-3', side: 'sell' });
  const match = { tradeId: 'late', makerOrderId: 'late-1', takerOrderId: 'late-3', price: '1', quantity: '1' };
  await using lease = await exchange.leases.hold(`matching/${symbol}`);
  expect(await exchange.matches.settle([{ ...match, symbol }], { lease })).toMatchObject([{ ok: true }]);

  const [client] = (await custodian.accounts.list({ kind: 'segregated' })).items;
  const [from, to] = ['external', client!.accountId];
  await custodian.holdings.adjust({
    reference: 'late',
    reason: 'late',
    movements: [
      { accountId: from, asset: 'USD', amount: '-100' },
      { accountId: to, asset: 'USD', amount: '100' },
    ],
  });
  const leg = { kind: 'payment', from: to, to: from, asset: 'USD', quantity: '1' } as const;
  await custodian.processSettlement({ source: 'late', reference: 'late', cycle: 0, legs: [leg] });
  await custodian.transfers.request({
    transferId: 'late',
    idempotencyKey: 'late',
    requesterId: 'late',
    kind: 'deposit',
    fromAccountId: from,
    toAccountId: to,
    asset: 'USD',
    amount: '3',
  });

  const read = { source: exchange.identity.schema, sourceSeq: vector[exchange.identity.schema]! + 1 };
  await risk.limits.define({ limitId: 'late', metric: 'position', scope: { account: 'late', symbol }, soft: '0.5' });
  await risk.checks.check({
    checkId: 'late',
    orderId: 'late-1',
    account: 'late',
    symbol,
    side: 'buy',
    quantity: '1',
    price: '1',
  });
  const filled = {
    venue: 'exchange',
    symbol,
    side: 'buy',
    quantity: '1',
    price: '1',
    fee: '0',
    feeAsset: 'USD',
  } as const;
  await withContext(read, async () => {
    await risk.positions.applyFills([
      { ...filled, fillId: 'late', account: 'late', orderId: 'late-1', sequence: 1, at },
    ]);
  });
  await risk.marks.record({ symbol, price: '1', source: 'late', sequence: 1, at });
  await risk.breaches.evaluate();

  const deployed = { deploymentId: 'late', accountId: 'late', venue: 'exchange', startingEquity: '1000' };
  const { id: strategyId, latestVersion } = (await trading.strategies.list()).items[0]!;
  await trading.deployments.create({ ...deployed, strategyId, strategyVersion: latestVersion! });
  const { epoch } = await trading.deployments.attach({ deploymentId: 'late' });
  const signal = { deploymentId: 'late', epoch, symbol, action: 'enter-long', outcome: 'accepted' } as const;
  await trading.signals.record(signal);
  await trading.orders.submit({ ...order, deploymentId: 'late', orderId: 'late-4', epoch, side: 'buy' });
  await withContext(read, async () => {
    const of = { tradeId: 'late', orderId: 'late-4', accountId: 'late', tradeSequence: 1, matchedAt: at };
    await trading.fills.apply({ ...filled, ...of });
  });

  const trade = { tradeId: 'late', eventAt: prints[5]!.at, sequence: 1, price: '250', quantity: '1' };
  await marketData.trades.record({ venue: 'tape', symbol, trades: [{ ...trade, takerSide: 'buy' }] });
  while ((await marketData.candles.recompute()) > 0);
  await marketData.instruments.changeStatus({ symbol, status: 'inactive' });
  await marketData.manipulations.inject({ manipulationId: 'm' });

  const text = 'scenario: late\nname: Late\ntype: combined\nlock: late\nsteps:\n  - { wait: PT1S }\n';
  await testCoordinator.scenarios.publish({ text, status: 'active' });
  await testCoordinator.runs.request({ runId: 'late', scenarioId: 'late' });
  await (await openAuditCorrelator(audit, [])).drain();
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
  await goOn();
  const now = await snapshot();
  const at = await rebuilt(vector);
  const unchanged: string[] = [];
  for (const name of names) {
    const then = stateItems(before[name].items);
    expect(at[name].items, name).toEqual(then);
    for (const [i, item] of stateItems(now[name].items).entries())
      if (item.checksum === then[i]!.checksum) unchanged.push(`${name} ${item.object}`);
  }
  // Nobody breaks anything any more.
  expect(unchanged).toEqual(['testCoordinator faults']);
});
