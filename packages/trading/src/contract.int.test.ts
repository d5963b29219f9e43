import { encodeCursor } from '@tse/core';
import { describeAdapter } from '@tse/testkit';
import { expect, test } from 'vitest';
import { type TradingAdapter, createTradingAdapter } from './index.ts';
import { errorsOf, testTrading } from './test-trading.ts';

const at = '2026-01-01T00:00:00Z';
const to = '2026-02-01T00:00:00Z';
const page = { limit: 10 };
const running = { deploymentId: 'd', epoch: 1 };
const fenced = { run: 'r', fence: 1 };
const owner = { kind: 'deployment', id: 'd' };
const trial = { studyId: 's', n: 1, claim: 1 };
const fill = {
  venue: 'exchange',
  tradeId: 't',
  orderId: 'o',
  tradeSequence: 1,
  accountId: 'alice',
  symbol: 'BTC-USD',
  side: 'buy',
  price: '100.5',
  quantity: '0.5',
  liquidity: 'maker',
  fee: '0.1',
  feeAsset: 'BNB',
  feeRate: '2.5',
  feeRateSource: 'mark',
  matchedAt: at,
  order: { version: 2, status: 'partially-filled', cumulativeQuantity: '0.5', leavesQuantity: '0.5' },
};
const run = {
  strategyId: 's',
  strategyVersion: 1,
  engineVersion: 'e1',
  dataSnapshot: 'btc',
  dataSha256: `${'a'.repeat(63)}b`,
  from: at,
  to,
  seed: 'x7',
  costModel: {},
  currency: 'USD',
  startingEquity: '1000.5',
};

const inputs = {
  'strategies.create': { strategyId: 'new', name: 'n', kind: 'momentum', symbols: ['BTC-USD'] },
  'strategies.change': {
    strategyId: 's',
    version: 1,
    status: 'paused',
    name: 'n',
    symbols: ['BTC-USD'],
    reason: 'because',
  },
  'strategies.publishVersion': {
    strategyId: 's',
    codeHash: 'c0de',
    params: {},
    engineVersion: 'e1',
    maxPosition: '1.5',
    maxDailyLoss: '100.5',
    maxLeverage: '2.5',
  },
  'strategies.find': 's',
  'strategies.get': 's',
  'strategies.list': { ...page, status: 'active', kind: 'custom', symbol: 'BTC-USD', cursor: encodeCursor(['a']) },
  'strategies.getVersion': { strategyId: 's', version: 1 },
  'strategies.listVersions': { ...page, strategyId: 's' },
  'strategies.listEvents': 's',
  'deployments.create': {
    deploymentId: 'new',
    strategyId: 's',
    strategyVersion: 1,
    mode: 'live',
    accountId: 'alice',
    venue: 'okx',
    currency: 'USD',
    startingEquity: '1000.5',
    positionMode: 'hedging',
    lotMethod: 'hifo',
  },
  'deployments.attach': { deploymentId: 'd', epoch: 0 },
  'deployments.wish': { deploymentId: 'd', desired: 'paused', version: 1, reason: 'because', ...fenced },
  'deployments.report': { ...running, actual: 'running', reason: 'because' },
  'deployments.beat': running,
  'deployments.interruptSilent': { silentFor: 'PT1H', reason: 'because', limit: 10 },
  'deployments.saveState': { ...running, sequence: 1, state: {} },
  'deployments.findState': 'd',
  'deployments.find': 'd',
  'deployments.get': 'd',
  'deployments.list': { ...page, strategyId: 's', accountId: 'alice', mode: 'live', actual: ['running'] },
  'deployments.listEvents': 'd',
  'signals.record': {
    ...running,
    signalId: 'new',
    symbol: 'BTC-USD',
    barAt: at,
    action: 'enter-long',
    quantity: '0.5',
    price: '100.5',
    tag: 'cross',
    outcome: 'rejected',
    reason: 'price-stale',
    riskCheckId: 'k',
  },
  'signals.decide': { signalId: 'x', outcome: 'rejected', reason: 'price-stale', riskCheckId: 'k' },
  'signals.find': 'x',
  'signals.get': 'x',
  'signals.list': {
    ...page,
    deploymentId: 'd',
    symbol: 'BTC-USD',
    outcome: 'rejected',
    reason: 'price-stale',
    from: at,
    to,
  },
  'signals.count': 'd',
  'orders.submit': {
    ...running,
    orderId: 'new',
    clientOrderId: 'c',
    symbol: 'BTC-USD',
    side: 'buy',
    type: 'stop-limit',
    timeInForce: 'gtd',
    quantity: '0.5',
    price: '100.5',
    stopPrice: '99.5',
    leg: 'long',
    closeLots: ['t'],
    signalId: 'x',
    tag: 'cross',
    exitReason: 'stop',
    riskCheckId: 'k',
    validUntil: to,
    expiresAt: to,
    ...fenced,
  },
  'orders.submit (market)': {
    ...running,
    orderId: 'm',
    symbol: 'BTC-USD',
    side: 'buy',
    type: 'market',
    quantity: '0.5',
    quoteBudget: '100.5',
  },
  'orders.update': {
    orderId: 'o',
    venue: 'exchange',
    version: 1,
    status: 'new',
    cumulativeQuantity: '0.5',
    quantity: '1.5',
    price: '100.5',
    venueOrderId: 'v',
    reason: 'because',
    at,
  },
  'orders.reject': { orderId: 'o', reason: 'because' },
  'orders.requestChange': { orderId: 'o', change: 'cancel', reason: 'because' },
  'orders.find': 'o',
  'orders.get': 'o',
  'orders.findByClientOrderId': { deploymentId: 'd', clientOrderId: 'c' },
  'orders.findByVenueOrderId': { venue: 'exchange', venueOrderId: 'v' },
  'orders.list': {
    ...page,
    deploymentId: 'd',
    strategyId: 's',
    symbol: 'BTC-USD',
    side: 'buy',
    status: ['new'],
    from: at,
    to,
    sort: 'oldest',
  },
  'orders.listWorking': 'd',
  'orders.listEvents': 'o',
  'fills.apply': fill,
  'fills.applyAll': [fill],
  'fills.list': { ...page, deploymentId: 'd', symbol: 'BTC-USD', side: 'buy', from: at, to },
  'fills.listOfOrder': 'o',
  'fills.totals': { deploymentId: 'd', from: at, to },
  'fills.listQuarantined': { ...page, resolved: true, reason: 'overfilled' },
  'fills.retryQuarantined': { limit: 5 },
  'fills.discard': { venue: 'exchange', tradeId: 't', orderId: 'o', contentHash: 'h', note: 'because' },
  'positions.listOpen': 'd',
  'positions.list': { ...page, deploymentId: 'd', symbol: 'BTC-USD', state: 'open', from: at, to },
  'positions.find': 'p',
  'positions.get': 'p',
  'positions.adjust': { reference: 'r', positionId: 'p', kind: 'funding', amount: '-1.5', reason: 'because', at },
  'positions.listAdjustments': 'p',
  'positions.listLots': { ...page, positionId: 'p', open: true },
  'positions.listMatches': { ...page, positionId: 'p' },
  'positions.listEvents': { ...page, positionId: 'p' },
  'positions.rebuild': { deploymentId: 'd', accountId: 'alice', venue: 'exchange', symbol: 'BTC-USD' },
  'portfolio.mark': [{ symbol: 'BTC-USD', price: '100.5', origin: 'feed', at }],
  'portfolio.findMark': 'BTC-USD',
  'portfolio.value': { deploymentId: 'd', at, maxAge: 'PT1H' },
  'portfolio.snapshot': { deploymentId: 'd', at, maxAge: 'PT1H' },
  'portfolio.latest': 'd',
  'portfolio.listEquity': { ...page, deploymentId: 'd', from: at, to },
  'performance.record': {
    owner,
    step: 1,
    at,
    metrics: [
      {
        name: 'sharpe',
        value: 1.5,
        samples: 10,
        period: 'day',
        periodsPerYear: 365,
        riskFree: 0.02,
        returnKind: 'simple',
      },
      { name: 'calmar', reason: 'no-drawdown' },
    ],
  },
  'performance.evaluate': {
    deploymentId: 'd',
    step: 2,
    from: at,
    to: at,
    periodsPerYear: 252,
    riskFree: 0.02,
    benchmark: [0.01],
  },
  'performance.latest': { owner },
  'performance.history': { ...page, owner, name: 'sharpe' },
  'performance.rank': { ...page, kind: 'backtest', name: 'sharpe', sort: 'lowest' },
  'performance.breakDown': { deploymentId: 'd', by: 'tag', from: at, to },
  'performance.attribute': {
    attributionId: 'a',
    owner,
    dimension: 'asset',
    periods: [
      [{ segment: 'BTC', portfolioWeight: 1, portfolioReturn: 0.1, benchmarkWeight: 1, benchmarkReturn: 0.05 }],
    ],
  },
  'performance.getAttribution': 'a',
  'backtests.start': { ...run, backtestId: 'new', codeIsDirty: false, lockfileHash: 'l', host: 'h' },
  'backtests.append': {
    backtestId: 'b',
    orders: [
      {
        n: 0,
        symbol: 'BTC-USD',
        side: 'buy',
        type: 'limit',
        quantity: '0.5',
        price: '100.5',
        filledQuantity: '0.5',
        averagePrice: '100.5',
        tag: 'cross',
        placedAt: at,
      },
    ],
    fills: [
      { n: 0, orderN: 0, symbol: 'BTC-USD', side: 'buy', price: '100.5', quantity: '0.5', fee: '0.1', filledAt: at },
    ],
    trades: [
      {
        n: 0,
        symbol: 'BTC-USD',
        direction: 'long',
        quantity: '0.5',
        openPrice: '100.5',
        closePrice: '101.5',
        fees: '0.1',
        tag: 'cross',
        exitReason: 'stop',
        openedAt: at,
        closedAt: to,
      },
    ],
    equity: [{ n: 0, at, equity: '1000.5' }],
  },
  'backtests.complete': { backtestId: 'b', periodsPerYear: 252, riskFree: 0.02, benchmark: [0.01] },
  'backtests.fail': { backtestId: 'b', error: 'because' },
  'backtests.interrupt': 'b',
  'backtests.find': 'b',
  'backtests.get': 'b',
  'backtests.list': { ...page, strategyId: 's', strategyVersion: 1, status: 'completed' },
  'backtests.listOrders': { ...page, backtestId: 'b' },
  'backtests.listFills': { ...page, backtestId: 'b' },
  'backtests.listTrades': { ...page, backtestId: 'b' },
  'backtests.listEquity': { ...page, backtestId: 'b' },
  'backtests.prune': 'b',
  'backtests.advance': { backtestId: 'b', done: 1, total: 2 },
  'backtests.findProgress': 'b',
  'studies.create': {
    studyId: 'new',
    strategyId: 's',
    name: 'n',
    objectives: [{ name: 'sharpe', direction: 'maximize' }],
  },
  'studies.close': 'x',
  'studies.find': 'x',
  'studies.get': 'x',
  'studies.list': { ...page, strategyId: 's' },
  'studies.addTrials': { studyId: 'x', params: [{}] },
  'studies.claim': { studyId: 'x', worker: 'w', ttl: 'PT1M' },
  'studies.complete': { ...trial, objectives: [1.5], backtestId: 'b' },
  'studies.fail': { ...trial, error: 'because' },
  'studies.listTrials': { ...page, studyId: 'x', state: 'completed' },
  'studies.front': 'x',
  'studies.compareParity': { parityId: 'p', deploymentId: 'd', backtestId: 'b', from: at, to, tolerance: 'PT1M' },
  'studies.getParity': 'p',
};

describeAdapter<TradingAdapter>(createTradingAdapter, {
  prepare: async (trading) => {
    await trading.strategies.create({ strategyId: 's', name: 'n', symbols: ['BTC-USD'] });
    await trading.strategies.publishVersion({ strategyId: 's', codeHash: 'c' });
  },
  read: (trading) => trading.strategies.get('s', { fresh: true }),
  write: (trading, strategyId) => trading.strategies.create({ strategyId, name: 'n', symbols: ['BTC-USD'] }),
  live: (trading) => trading.backtests.advance({ backtestId: 'b', done: 1, total: 2 }),
  inputs,
  free: [
    'strategies.publishVersion.params',
    'deployments.saveState.state',
    'backtests.start.costModel',
    'studies.addTrials.params.0',
  ],
});

const ports = [
  'strategies',
  'deployments',
  'signals',
  'orders',
  'fills',
  'positions',
  'portfolio',
  'performance',
  'backtests',
  'studies',
] as const;
/** For workers and health alone. */
const others = ['portfolio.thin', 'fills.countQuarantined'];

test('every method of every port is put to bad input', () => {
  const url = 'postgres://localhost/none';
  const trading = createTradingAdapter({ postgres: { url }, redis: { url: 'redis://localhost' }, workers: false });
  const methods = ports.flatMap((port) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(trading[port]))
      .filter((name) => name !== 'constructor')
      .map((name) => `${port}.${name}`),
  );
  const attacked = Object.keys(inputs).map((name) => name.replace(/ .*/, ''));
  expect([...new Set([...attacked, ...others])].toSorted()).toEqual(methods.toSorted());
});

test('a forged cursor is refused by its name, or a place in the list; it breaks nothing', async () => {
  await using t = await testTrading({ options: { workers: false } });
  const { strategies, deployments, signals, orders, fills, positions, portfolio, performance, backtests, studies } =
    t.trading;
  const of = { deploymentId: 'd' };
  const lists: [key: (string | number)[], list: (cursor: string) => PromiseLike<unknown>][] = [
    [['a'], (cursor) => strategies.list({ cursor })],
    [[1], (cursor) => strategies.listVersions({ strategyId: 's', cursor })],
    [['a'], (cursor) => deployments.list({ cursor })],
    [[at, 's'], (cursor) => signals.list({ ...of, cursor })],
    [[at, 'o'], (cursor) => orders.list({ ...of, cursor })],
    [[at, 't', 'o'], (cursor) => fills.list({ ...of, cursor })],
    [[at, 'v', 't', 'o'], (cursor) => fills.listQuarantined({ cursor })],
    [[at, 'p'], (cursor) => positions.list({ ...of, cursor })],
    [[1], (cursor) => positions.listLots({ positionId: 'p', cursor })],
    [[1], (cursor) => positions.listEvents({ positionId: 'p', cursor })],
    [[at], (cursor) => portfolio.listEquity({ ...of, cursor })],
    [[1], (cursor) => performance.history({ owner: { kind: 'deployment', id: 'd' }, name: 'sharpe', cursor })],
    [[1.5, 'd'], (cursor) => performance.rank({ kind: 'deployment', name: 'sharpe', cursor })],
    [[at, 'b'], (cursor) => backtests.list({ cursor })],
    [[1], (cursor) => backtests.listTrades({ backtestId: 'b', cursor })],
    [['a'], (cursor) => studies.list({ cursor })],
    [[1], (cursor) => studies.listTrials({ studyId: 'x', cursor })],
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
          expect(error, `${String(list)} ${place}: ${JSON.stringify(value)}`).toMatchObject({
            kind: 'invalid-input',
            issues: [{ path: 'cursor' }],
          });
      }
    }
    const [error] = await errorsOf([list(encodeCursor([...key, 1]))]);
    expect(error).toMatchObject({ kind: 'invalid-input', issues: [{ path: 'cursor' }] });
  }
});
