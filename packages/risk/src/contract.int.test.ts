import { encodeCursor } from '@tse/core';
import { describeAdapter } from '@tse/testkit';
import { expect, test } from 'vitest';
import { type RiskAdapter, createRiskAdapter } from './index.ts';
import { errorsOf, testRisk } from './test-risk.ts';

const at = '2026-01-01T00:00:00Z';
const later = '2027-01-01T00:00:00Z';
const page = { limit: 10 };
const scope = { account: 'alice', symbol: 'BTC-USD' };
const fill = {
  fillId: 'f',
  account: 'alice',
  venue: 'exchange',
  sequence: 1,
  symbol: 'BTC-USD',
  side: 'buy',
  quantity: '1.5',
  price: '100.5',
  fee: '0.1',
  feeAsset: 'USD',
  orderId: 'o',
  strategy: 's',
  at,
};
const order = {
  checkId: 'c',
  orderId: 'o',
  attempt: 1,
  account: 'alice',
  strategy: 's',
  venue: 'exchange',
  symbol: 'BTC-USD',
  side: 'buy',
  quantity: '1.5',
  price: '100.5',
  validFor: 'PT30S',
};
const parameters = { currency: 'USD', confidence: 0.95, horizon: 1, period: 'P1D', lookback: 30 };
const range = { from: at, until: later };
const fenced = { run: 'r', fence: 1 };

const inputs = {
  'positions.applyFill': fill,
  'positions.applyFills': [fill],
  'positions.list': {
    ...page,
    account: 'alice',
    venue: 'exchange',
    symbol: 'BTC-USD',
    cursor: encodeCursor(['a', 'v', 'BTC-USD']),
  },
  'positions.aggregate': { account: 'alice', symbol: 'BTC-USD' },
  'positions.listFills': { ...page, account: 'alice', symbol: 'BTC-USD' },
  'marks.record': { symbol: 'BTC-USD', kind: 'mark', price: '1.5', source: 'm', sequence: 1, at },
  'marks.recordCloses': { symbol: 'BTC-USD', period: 'P1D', source: 'm', closes: [{ at, price: '1.5' }] },
  'marks.find': 'BTC-USD',
  'marks.list': { ...page, symbol: 'BTC-USD' },
  'marks.listHistory': { ...page, symbol: 'BTC-USD', period: 'P1D', ...range },
  'pnl.moveFunds': { movementId: 'm', account: 'alice', kind: 'deposit', asset: 'USD', amount: '1.5', at },
  'pnl.markToMarket': { accounts: ['alice'] },
  'pnl.get': { account: 'alice' },
  'pnl.listEquity': { ...page, account: 'alice', ...range },
  'limits.define': {
    limitId: 'l',
    metric: 'position',
    scope,
    version: 1,
    enabled: true,
    warn: '1.5',
    soft: '2.5',
    hard: '3.5',
    recover: '0.5',
    window: 'PT1H',
    timeZone: 'UTC',
    currency: 'USD',
    maxPriceAge: 'PT1M',
    for: 'PT1M',
    keepFiringFor: 'PT1M',
    escalateAfter: 'PT1M',
    policyId: 'p',
    reason: 'because',
    ...fenced,
  },
  'limits.find': 'l',
  'limits.get': 'l',
  'limits.list': { ...page, metric: 'position', scope, enabled: true },
  'limits.listVersions': 'l',
  'limits.listUse': { scope },
  'limits.setTradingState': { scope, state: 'halted', epoch: 0, reason: 'because', ...fenced },
  'limits.getTradingState': { scope },
  'limits.listTradingStateChanges': { scope },
  'limits.lock': { lockId: 'k', scope, side: 'buy', reason: 'because', from: at, until: later, ...fenced },
  'limits.unlock': { lockId: 'k', ...fenced },
  'limits.listLocks': { ...page, scope, active: true },
  'checks.check': order,
  'checks.find': 'c',
  'checks.get': 'c',
  'checks.list': { ...page, account: 'alice', decision: 'deny', ...range },
  'checks.findReservation': 'o',
  'checks.listReservations': { ...page, account: 'alice', state: 'open' },
  'checks.hearOrder': { orderId: 'o', what: 'changed', leaves: '1.5', price: '1.5', at },
  'checks.hearVenue': { venue: 'exchange', until: at },
  'breaches.find': 'b',
  'breaches.get': 'b',
  'breaches.list': { ...page, limitId: 'l', scope, severity: 'high', state: 'open', ...range },
  'breaches.listEvents': 'b',
  'alerts.raise': {
    alertId: 'a',
    dedupKey: 'k',
    severity: 'high',
    summary: 's',
    labels: { team: 'fx' },
    policyId: 'p',
  },
  'alerts.acknowledge': { alertId: 'a', by: 'ann', until: later, reason: 'because' },
  'alerts.snooze': { alertId: 'a', by: 'ann', until: later, reason: 'because' },
  'alerts.resolve': { alertId: 'a', by: 'ann', reason: 'because' },
  'alerts.find': 'a',
  'alerts.get': 'a',
  'alerts.list': { ...page, state: ['firing'], severity: 'high', kind: 'manual', ...range },
  'alerts.listLog': 'a',
  'alerts.silence': { silenceId: 's', matchers: { team: 'fx' }, reason: 'because', from: at, until: later },
  'alerts.endSilence': { silenceId: 's' },
  'alerts.listSilences': { ...page, active: true },
  'alerts.inhibit': { ruleId: 'r', source: { team: 'fx' }, target: { team: 'eq' }, equal: ['site'] },
  'alerts.endInhibition': { ruleId: 'r' },
  'alerts.responseMetrics': range,
  'alerts.expectDetection': { markId: 'm', runId: 'r', labels: { team: 'fx' }, at },
  'alerts.getDetection': 'm',
  'alerts.score': {
    ...range,
    truth: [{ causeId: 'c', from: at, until: later, labels: { team: 'fx' }, detectors: ['peg'] }],
    detectors: ['peg'],
    grace: 'PT15S',
    serviceLevel: 'PT15S',
  },
  'escalations.definePolicy': { policyId: 'p', steps: [{ targets: ['ann'], delay: 'PT5M' }], repeats: 1 },
  'escalations.findPolicy': 'p',
  'escalations.getPolicy': 'p',
  'escalations.listPolicies': page,
  'escalations.getState': 'a',
  'escalations.listNotifications': { ...page, alertId: 'a' },
  'riskMetrics.calculate': { metricsId: 'm', scope, ...parameters },
  'riskMetrics.find': 'm',
  'riskMetrics.get': 'm',
  'riskMetrics.findLatest': { scope },
  'riskMetrics.list': { ...page, scope },
  'riskMetrics.runVar': { runId: 'r', scope, method: 'monte-carlo', ...parameters, seed: 1, draws: 100 },
  'riskMetrics.getVarRun': 'r',
  'riskMetrics.recordOutcome': { scope, day: '2026-01-01', confidence: 0.99, valueAtRisk: 1, actual: -2 },
  'riskMetrics.backtestVar': { scope, confidence: 0.99, from: '2026-01-01', until: '2026-02-01' },
  'riskMetrics.defineStress': {
    scenarioId: 's',
    name: 'n',
    shocks: { 'BTC-USD': -0.1 },
    priceScenarioId: 'p',
    priceScenarioVersion: 1,
  },
  'riskMetrics.getStress': 's',
  'riskMetrics.runStress': { resultId: 'r', scenarioId: 's', scope, currency: 'USD' },
  'riskMetrics.getStressResult': 'r',
  'reports.generate': { reportId: 'r', kind: 'decisions', ...range, watermark: at },
  'reports.find': 'r',
  'reports.get': 'r',
  'reports.list': { ...page, kind: 'decisions' },
  'reports.expectFeed': { source: 'f', maxGap: 'PT1M' },
  'reports.beat': { source: 'f', at },
  calculateRiskMetrics: [{ symbol: 'BTC-USD', quantity: '1.5', averagePrice: '1.5' }],
};

describeAdapter<RiskAdapter>(createRiskAdapter, {
  prepare: (risk) => risk.positions.applyFill({ ...fill, side: 'buy', orderId: undefined }),
  read: (risk) => risk.positions.list({ account: 'alice' }, { fresh: true }),
  write: (risk, orderId) =>
    risk.checks.check({ orderId, account: 'alice', symbol: 'BTC-USD', side: 'buy', quantity: '1', price: '100' }),
  inputs,
});

const ports = [
  'positions',
  'marks',
  'pnl',
  'limits',
  'checks',
  'breaches',
  'alerts',
  'escalations',
  'riskMetrics',
  'reports',
] as const;
/** Without input, of a handler (below), or for workers alone. */
const others = [
  'breaches.evaluate',
  'alerts.listActive',
  'alerts.listInhibitRules',
  'alerts.onDue',
  'reports.listFeeds',
  'checks.expireDue',
  'escalations.escalate',
  'escalations.escalateDue',
  'pnl.revalue',
  'riskMetrics.calculateRiskMetrics',
];

test('every method of every port is put to bad input', () => {
  const url = 'postgres://localhost/none';
  const risk = createRiskAdapter({ postgres: { url }, redis: { url: 'redis://localhost' }, workers: false });
  const methods = ports.flatMap((port) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(risk[port]))
      .filter((name) => name !== 'constructor')
      .map((name) => `${port}.${name}`),
  );
  expect([...new Set([...Object.keys(inputs), ...others])].toSorted()).toEqual(
    [...methods, 'calculateRiskMetrics'].toSorted(),
  );
});

test('a setting that is malformed is refused by its name', () => {
  const url = 'postgres://localhost/none';
  const open = (reporting: object) => () =>
    createRiskAdapter({ postgres: { url }, redis: { url: 'redis://localhost' }, workers: false, reporting });
  expect(open({ currency: 'dollars' })).toThrow(/reporting.currency/);
  expect(open({ maxPriceAge: 'a minute' })).toThrow(/reporting.maxPriceAge/);
});

test('a forged cursor is refused by its name, or a place in the list; it breaks nothing', async () => {
  await using t = await testRisk({ options: { workers: false } });
  const { positions, marks, pnl, limits, checks, breaches, alerts, escalations, riskMetrics, reports } = t.risk;
  const lists: [key: (string | number)[], list: (cursor: string) => PromiseLike<unknown>][] = [
    [['a', 'v', 'BTC-USD'], (cursor) => positions.list({ cursor })],
    [[at, 'v', 'f'], (cursor) => positions.listFills({ account: 'a', cursor })],
    [['BTC-USD', 'last'], (cursor) => marks.list({ cursor })],
    [[at], (cursor) => marks.listHistory({ symbol: 'BTC-USD', period: 'P1D', cursor })],
    [[at], (cursor) => pnl.listEquity({ cursor })],
    [['l'], (cursor) => limits.list({ cursor })],
    [['k'], (cursor) => limits.listLocks({ cursor })],
    [[at, 'c'], (cursor) => checks.list({ cursor })],
    [['o'], (cursor) => checks.listReservations({ account: 'a', cursor })],
    [[at, 'b'], (cursor) => breaches.list({ cursor })],
    [[at, 'a'], (cursor) => alerts.list({ cursor })],
    [['s'], (cursor) => alerts.listSilences({ cursor })],
    [['p'], (cursor) => escalations.listPolicies({ cursor })],
    [[1, 1, 't'], (cursor) => escalations.listNotifications({ alertId: 'a', cursor })],
    [[at, 'm'], (cursor) => riskMetrics.list({ scope: {}, cursor })],
    [[at, 'r'], (cursor) => reports.list({ cursor })],
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
  }
});
