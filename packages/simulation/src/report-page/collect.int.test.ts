import { withContext } from '@tse/core';
import { exchangeEvents } from '@tse/exchange/events';
import { sandbox } from '@tse/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFor, openHouse } from '../custody/custody-accounts.ts';
import { reportOf } from '../report.ts';
import { sevenAdapters } from '../seven-adapters.ts';
import { collectRun } from './collect.ts';
import { renderPage } from './page.ts';
import { findings } from './sample-run.fixture.ts';

const START = '2026-03-02T09:00:00Z';
const SYMBOL = 'BTC-USD';
const COIN = 'USDT-USD';
const RUN = 'depeg-1';
const SCENARIO = `
scenario: depeg
name: A coin loses its peg
type: stablecoin-depeg
lock: environment
steps:
  - { fault: depeg, target: market-data, kind: depeg, with: { symbol: ${COIN} }, for: PT30M }
  - { probe: alert-raised, assertion: latency, target: risk, measure: seconds, tolerance: { max: 15 } }
`;

const open = () => sandbox(sevenAdapters, { start: START });
let box: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  box = await open();
});
afterAll(() => box[Symbol.asyncDispose]());

const collect = (chain = false) =>
  collectRun(box, {
    report: reportOf(findings),
    symbol: SYMBOL,
    symbols: [COIN],
    from: START,
    to: box.clock.now(),
    runId: RUN,
    ...(chain && { chainsOf: [{ title: 'The first trade', of: { tradeId: 't-1' } }] }),
  });

test('of a run in which nothing happened there is a page that says so', async () => {
  const run = await collect();
  expect(run).toMatchObject({
    prices: [],
    causes: [],
    manipulations: [],
    positions: [],
    limits: [],
    breaches: [],
    settlements: { total: 0, late: [] },
    checks: { allowed: 0, denied: 0 },
  });
  expect(run).not.toHaveProperty('run');
  expect(renderPage(run)).toContain('No limit was breached.');
});

test('what seven adapters hold of a run is on its page', async () => {
  await theCoordinatorInjects();
  await pricesMove();
  await anOrderTradesAndSettlesLate();
  await riskRefusesAndAlerts();
  await aStrategyIsValued();
  await theCoordinatorEnds();
  await expect
    .poll(async () => (await collect(true)).chains[0]?.steps.map(({ type, depth }) => [type, depth]))
    .toEqual([
      ['signal.decided', -1],
      ['trade.settled', 0],
      ['position.changed', 1],
    ]);
  const run = await collect(true);

  expect(
    run.prices.map(({ symbol, source, points }) => [symbol, source, points.shown.map(([, price]) => price)]),
  ).toEqual([
    [SYMBOL, 'tape', ['64000', '64100.5']],
    [COIN, 'scenario run coin', ['1', '1.0002', '0.92', '1']],
  ]);
  expect(run.causes).toMatchObject([
    {
      symbol: COIN,
      moves: 3,
      totals: { noise: '-0.0001', manipulation: '0.0001' },
      largest: [{ to: '1.0002' }, { to: '0.92', causes: [{ kind: 'manipulation', delta: '-0.08' }, {}] }, { to: '1' }],
    },
  ]);
  expect(run.manipulations).toMatchObject([
    { symbol: COIN, kind: 'price-shift', effect: 'price −800 bps', state: 'recovered' },
  ]);
  expect(run.manipulations[0]!.active).toEqual([
    { from: '2026-03-02T09:01:00.000000Z', to: '2026-03-02T09:31:00.000000Z' },
  ]);
  const btc = run.depth.find(({ symbol }) => symbol === SYMBOL);
  expect(btc).toMatchObject({ bids: [], asks: [{ price: '100', quantity: '3' }] });

  expect(run.checks).toEqual({ allowed: 1, denied: 1, cut: false });
  expect(run.limits).toMatchObject([
    { limitId: 'alice-btc', metric: 'position', scope: 'account alice', soft: '1', hard: '2' },
  ]);
  expect(run.limits[0]!.checks.shown).toMatchObject([
    { observed: '1.5', refused: false },
    { observed: '4.5', refused: true },
  ]);
  expect(run.breaches).toMatchObject([{ limitId: 'alice-btc', severity: 'high', peak: '1.5' }]);
  const steps = run.breaches[0]!.steps.map(({ what }) => what);
  for (const step of ['breach opened', 'alert opened', 'alert acknowledged', 'breach cleared'])
    expect(steps).toContain(step);
  expect(run.breaches[0]!.steps.map(({ at }) => at)).toEqual(run.breaches[0]!.steps.map(({ at }) => at).toSorted());

  expect(run.positions).toMatchObject([
    { by: 'trading', owner: 'breakout-1', quantity: '0.5', realized: '0', fees: '1' },
    { by: 'risk', owner: 'alice', symbol: SYMBOL, quantity: '0' },
  ]);
  expect(run.positionLines).toMatchObject([
    {
      account: 'alice',
      points: {
        shown: [
          [{}, '1.5'],
          [{}, '0'],
        ],
      },
    },
  ]);
  expect(run.results).toMatchObject([{ by: 'trading', owner: 'breakout-1', total: '49', points: { of: 1 } }, {}, {}]);

  expect(run.settlements).toMatchObject({ total: 2, byStatus: { settled: 1, failing: 1 }, fails: 1 });
  expect(run.settlements.late).toMatchObject([
    { reference: 't-late', status: 'failing', fail: { reason: 'delayed' }, legs: [{ quantity: '40' }] },
  ]);
  expect(run.settlements.late[0]!.steps.map(({ what }) => what)).toEqual(['registered', 'delayed', 'failed']);

  expect(run.run).toMatchObject({
    runId: RUN,
    scenarioName: 'A coin loses its peg',
    status: 'completed',
    score: 100,
    faults: [{ target: 'market-data', kind: 'depeg', state: 'undone' }],
    probes: [{ probe: 'alert-raised', verdict: 'passed', actual: '4' }],
    changes: [{ object: 'facts_trades', rowsBefore: 0, rowsAfter: 1 }],
  });

  const page = renderPage(run);
  for (const shown of ['Price of USDT-USD', 'What moved USDT-USD', 'Breach of alice-btc', 'Settlement of t-late'])
    expect(page).toContain(shown);
});

const of = { runId: RUN, fence: 0 };
const snapshot = (phase: 'before' | 'after', rows: number) =>
  box.testCoordinator.snapshots.record({
    ...of,
    snapshotId: `${RUN}/${phase}`,
    phase,
    items: [{ schema: 'exchange', object: 'facts_trades', rows, checksum: phase }],
  });

async function theCoordinatorInjects(): Promise<void> {
  const { scenarios, runs, locks, faults } = box.testCoordinator;
  const { scenarioId } = await scenarios.publish({ text: SCENARIO, status: 'active' });
  await runs.request({ runId: RUN, scenarioId });
  const lock = await locks.hold('environment');
  of.fence = lock.fence;
  await runs.start({ ...of, lockName: lock.name });
  await snapshot('before', 0);
  const fault = { faultId: `${RUN}/1`, path: '1', target: 'market-data', kind: 'depeg' } as const;
  await runs.startStep({ ...of, path: '1' });
  await faults.plan({ ...of, ...fault, mustEndBy: '2026-03-03T00:00:00Z' });
  await faults.inject({ faultId: fault.faultId, fence: of.fence });
}

async function pricesMove(): Promise<void> {
  const { instruments, prices, scenarios, scenarioRuns, manipulations } = box.marketData;
  for (const symbol of [SYMBOL, COIN]) await instruments.register({ symbol, tickSize: '0.0001', stepSize: '0.0001' });
  const tick = { symbol: SYMBOL, source: 'tape' };
  await prices.record([
    { ...tick, eventAt: START, sequence: 1, price: '64000' },
    { ...tick, eventAt: '2026-03-02T09:00:30Z', sequence: 2, price: '64100.5' },
  ]);
  await scenarios.define({
    scenarioId: 'coin',
    name: 'Coin',
    spec: {
      type: 'divergence',
      model: 'brownian-motion',
      symbols: [{ symbol: COIN, startPrice: '1' }],
      duration: 'PT1H',
      step: 'PT5S',
    },
  });
  await scenarios.activate({ scenarioId: 'coin', version: 1 });
  await scenarioRuns.start({ scenarioRunId: 'coin', scenarioId: 'coin', seed: '1' });
  await manipulations.plan({
    manipulationId: 'shift',
    symbol: COIN,
    kind: 'price-shift',
    modifier: { priceShiftBps: -800 },
  });
  const noise = (delta: string) => ({ kind: 'noise', delta }) as const;
  const shift = (delta: string) => ({ kind: 'manipulation', causeId: 'shift', delta }) as const;
  const move = (at: string, from: string, to: string, causes: ReturnType<typeof noise | typeof shift>[]) => ({
    symbol: COIN,
    at,
    from,
    to,
    causes,
  });
  await manipulations.inject({ manipulationId: 'shift' });
  await box.clock.advance('PT1M');
  await manipulations.activate({ manipulationId: 'shift' });
  await scenarioRuns.record({
    scenarioRunId: 'coin',
    firstSequence: 1,
    moves: [
      move('2026-03-02T09:00:30Z', '1', '1.0002', [noise('0.0002')]),
      move('2026-03-02T09:01:00Z', '1.0002', '0.92', [shift('-0.08'), noise('-0.0002')]),
      move('2026-03-02T09:31:00Z', '0.92', '1', [shift('0.0801'), noise('-0.0001')]),
    ],
  });
  await box.clock.advance('PT30M');
  await manipulations.recover({ manipulationId: 'shift' });
}

async function anOrderTradesAndSettlesLate(): Promise<void> {
  const { exchange, custodian, audit } = box;
  await audit.sources.add({ ...exchangeEvents.source, instance: exchange.identity.instance });
  await box.fund('alice', { USD: '1000' });
  await box.fund('bob', { BTC: '5' });
  await audit.trail.record({
    source: 'engine',
    eventId: 'signal-1',
    type: 'signal.decided',
    aggregateId: 's',
    payload: {},
  });
  const limit = { symbol: SYMBOL, type: 'limit', price: '100' } as const;
  const sell = await exchange.orders.place({
    ...limit,
    accountId: 'bob',
    clientOrderId: 'b',
    side: 'sell',
    quantity: '4',
  });
  const buy = await exchange.orders.place({
    ...limit,
    accountId: 'alice',
    clientOrderId: 'a',
    side: 'buy',
    quantity: '1',
  });
  const match = { tradeId: 't-1', symbol: SYMBOL, price: '100', quantity: '1' };
  await withContext({ causationId: 'signal-1' }, () =>
    exchange.matches.settle([{ ...match, makerOrderId: sell.id, takerOrderId: buy.id }]),
  );
  const settled = await box.events.next('trade.settled');
  await audit.trail.record({
    source: 'monitor',
    eventId: 'fill-1',
    type: 'position.changed',
    aggregateId: 'alice',
    causationId: settled.id,
    payload: {},
  });

  await openHouse(custodian, 'exchange');
  for (const accountId of ['alice', 'bob'])
    await openFor(custodian.accounts, 'exchange', { accountId, ownerId: accountId, kind: 'segregated' });
  await custodian.holdings.adjust({
    reference: 'opening',
    reason: 'opening',
    movements: [
      { accountId: 'external', asset: 'USD', amount: '-100' },
      { accountId: 'client/alice', asset: 'USD', amount: '100' },
    ],
  });
  const pay = (reference: string, cycle: 0 | 1, quantity: string) =>
    custodian.processSettlement({
      source: 'exchange',
      reference,
      cycle,
      legs: [{ kind: 'payment', from: 'client/alice', to: 'client/bob', asset: 'USD', quantity }],
    });
  await pay('t-now', 0, '60');
  const { settlementId } = await pay('t-late', 1, '40');
  await custodian.settlements.delayLeg({
    settlementId,
    leg: 1,
    until: '2026-06-01T00:00:00Z',
    run: RUN,
    fence: of.fence,
  });
}

async function riskRefusesAndAlerts(): Promise<void> {
  const { limits, checks, positions, breaches, alerts, pnl, marks } = box.risk;
  await limits.define({ limitId: 'alice-btc', metric: 'position', scope: { account: 'alice' }, soft: '1', hard: '2' });
  await marks.record({ symbol: SYMBOL, price: '100', sequence: 1, at: box.clock.now() });
  const order = { account: 'alice', symbol: SYMBOL, side: 'buy', price: '100' } as const;
  await checks.check({ ...order, orderId: 'o1', quantity: '1.5' });
  const fill = { account: 'alice', venue: 'exchange', symbol: SYMBOL, price: '100', quantity: '1.5' };
  await positions.applyFill({ ...fill, fillId: 'f1', sequence: 1, side: 'buy', orderId: 'o1', at: box.clock.now() });
  await breaches.evaluate();
  await box.clock.advance('PT1S');
  await checks.check({ ...order, orderId: 'o2', quantity: '3' });
  const [breach] = (await breaches.list()).items;
  await alerts.acknowledge({ alertId: breach!.alertId, by: 'desk-head' });
  await box.clock.advance('PT1M');
  await positions.applyFill({ ...fill, fillId: 'f2', sequence: 2, side: 'sell', at: box.clock.now() });
  await breaches.evaluate();
  await pnl.markToMarket();
}

async function aStrategyIsValued(): Promise<void> {
  const { strategies, deployments, orders, fills, portfolio } = box.trading;
  const at = box.clock.now();
  await strategies.create({ strategyId: 'breakout', name: 'Breakout', kind: 'momentum', symbols: [SYMBOL] });
  const { version } = await strategies.publishVersion({ strategyId: 'breakout', codeHash: 'a1', params: {} });
  const deploymentId = 'breakout-1';
  await deployments.create({
    deploymentId,
    strategyId: 'breakout',
    strategyVersion: version,
    accountId: 'alice',
    startingEquity: '1000',
  });
  const { epoch } = await deployments.attach({ deploymentId });
  const order = { deploymentId, epoch, symbol: SYMBOL, type: 'market', side: 'buy', quantity: '0.5' } as const;
  const { id } = await orders.submit({ ...order, orderId: 'b1' });
  await fills.applyAll([
    {
      venue: 'exchange',
      accountId: 'alice',
      symbol: SYMBOL,
      tradeId: 'b1',
      tradeSequence: 1,
      orderId: id,
      side: 'buy',
      price: '100',
      quantity: '0.5',
      fee: '1',
      feeAsset: 'USD',
      matchedAt: at,
    },
  ]);
  await portfolio.mark([{ symbol: SYMBOL, price: '200', at }]);
  await portfolio.snapshot({ deploymentId, at });
}

async function theCoordinatorEnds(): Promise<void> {
  const { runs, faults, validations } = box.testCoordinator;
  const faultId = `${RUN}/1`;
  await faults.confirm({ faultId, state: 'injected' });
  await faults.undo({ faultId, fence: of.fence, reason: 'done' });
  await faults.confirm({ faultId, state: 'undone' });
  await runs.endStep({ ...of, path: '1', attempt: 1, status: 'passed' });
  const result = { path: '2', probe: 'alert-raised', assertion: 'latency', verdict: 'passed', actual: '4' } as const;
  await runs.startStep({ ...of, path: '2' });
  await validations.record({ ...of, results: [result] });
  await runs.endStep({ ...of, path: '2', attempt: 1, status: 'passed' });
  await snapshot('after', 1);
  const score = await validations.score(RUN);
  await runs.end({ ...of, status: 'completed', ...(score !== undefined && { score }) });
  // The day of the delayed leg passes.
  await box.clock.advance('P4D');
  const late = { source: 'exchange', reference: 't-late' };
  await expect
    .poll(async () => (await box.custodian.settlements.findByReference(late, { fresh: true }))?.status)
    .toBe('failing');
}
