import { type Decimal, type Instant, decimal, instant } from '@tse/core';
import { type Findings, reportOf } from '../report.ts';
import type { CauseSpan, Point, RunPage } from './run-page.ts';
import { sampled } from './sampled.ts';

const start = instant.of('2026-03-02T00:00:00Z');
const at = (minutes: number): Instant => instant.plusMillis(start, minutes * 60_000);
const amount = (value: number, digits = 4): Decimal => decimal.of(String(Number(value.toFixed(digits))));
const level = (price: string, quantity: string, orders: number) => ({
  price: decimal.of(price),
  quantity: decimal.of(quantity),
  orders,
});

export const findings: Findings = {
  input: { source: 'a stablecoin that loses its peg', symbol: 'BTC-USD', prints: 600 },
  scenario: { name: 'depeg', seed: 7, status: 'completed', score: 100 },
  scenarioRoot: '9f2c4b6a1d0e8f735566778899aabbccddeeff00112233445566778899aabbcc',
  counts: { trades: 600, orders: 1_204 },
  holdings: {
    lastPrice: '64120.5',
    trades: 600,
    orders: { filled: 1_204 },
    accounts: [],
    book: { symbol: 'BTC-USD', sequence: 4_711, bids: [], asks: [] },
  },
  services: { 'Market data': { trades: 600, ticks: 600 }, Risk: { checksAllowed: 40, breach: 'cleared' } },
  chain: [],
  rates: { seconds: 21.4, printsPerSecond: 28.04 },
  invariants: [
    { name: 'exchange: ledger', ok: true, compared: 2_139 },
    { name: 'risk: positions', ok: true, compared: 12 },
    { name: 'audit: trail', ok: true, compared: 9_184 },
  ],
  servers: { postgres: 'PostgreSQL 18.4, embedded', redis: 'Redis 7.0.15, embedded' },
};

/** A price that is shifted down for a day and a half, and comes back. */
const isShifted = (minute: number) => minute >= 720 && minute < 2_880;
const usdt = Array.from({ length: 720 }, (_, i): Point => {
  const minute = i * 5;
  return [at(minute), amount(1 + Math.sin(i / 9) * 0.0007 - (isShifted(minute) ? 0.08 : 0))];
});
const btc = Array.from({ length: 2_000 }, (_, i): Point => {
  return [
    at(i * 1.8),
    amount(64_000 + Math.sin(i / 60) * 900 + Math.sin(i / 7) * 90 - (isShifted(i * 1.8) ? 1_400 : 0), 1),
  ];
});
const spans = Array.from({ length: 60 }, (_, i): CauseSpan => {
  const minute = i * 60;
  const deltas: Record<string, Decimal> = {
    noise: amount(Math.sin(i) * 0.004),
    reversion: amount(Math.cos(i) * 0.003),
  };
  if (minute === 720) deltas.manipulation = decimal.of('-0.08');
  if (minute === 2_880) deltas.manipulation = decimal.of('0.08');
  return { at: at(minute), deltas };
});

/** A depeg as a run with all seven services would leave it behind; for tests of the page alone. */
export const sampleRun = (change: Partial<RunPage> = {}): RunPage => ({
  report: reportOf(findings),
  symbol: 'BTC-USD',
  from: start,
  to: at(3_600),
  detection: { changedAt: at(720), alertAt: instant.plusMillis(at(720), 4_200), seconds: 4.2 },
  run: {
    runId: 'depeg/7',
    scenarioName: 'Stablecoin depeg over 36 hours',
    status: 'completed',
    deviated: false,
    score: 100,
    seed: '7',
    startedAt: start,
    endedAt: at(3_600),
    faults: [
      {
        faultId: 'depeg/7/1',
        target: 'market-data',
        kind: 'depeg',
        state: 'undone',
        injectedAt: at(720),
        endedAt: at(2_880),
        detectionMs: 4_200,
        recoveryMs: 129_600_000,
      },
    ],
    probes: [
      { path: '3', probe: 'alert-raised', verdict: 'passed', expected: '{"max":15}', actual: '4.2' },
      { path: '5', probe: 'books-agree', verdict: 'passed', expected: '{"max":0}', actual: '0' },
    ],
    changes: [{ schema: 'exchange', object: 'facts_trades', change: 'changed', rowsBefore: 0, rowsAfter: 600 }],
  },
  prices: [
    { symbol: 'BTC-USD', source: 'tape', points: sampled(btc, ([, value]) => Number(value), 800) },
    { symbol: 'USDT-USD', source: 'scenario run depeg-7', points: sampled(usdt, ([, value]) => Number(value), 800) },
  ],
  causes: [
    {
      symbol: 'USDT-USD',
      scenarioRunId: 'depeg-7',
      seed: '7',
      moves: 720,
      totals: { noise: decimal.of('0.0021'), reversion: decimal.of('-0.0017'), manipulation: decimal.of('0') },
      spans,
      isAround: false,
      largest: [
        {
          at: at(720),
          from: decimal.of('1.0003'),
          to: decimal.of('0.9201'),
          causes: [
            { kind: 'manipulation', causeId: 'depeg/7/1', delta: decimal.of('-0.08') },
            { kind: 'noise', delta: decimal.of('-0.0002') },
          ],
        },
      ],
    },
  ],
  manipulations: [
    {
      manipulationId: 'depeg/7/1',
      symbol: 'USDT-USD',
      kind: 'price-shift',
      effect: 'price −800 bps',
      state: 'recovered',
      active: [{ from: at(720), to: at(2_880) }],
    },
  ],
  depth: [
    {
      symbol: 'BTC-USD',
      sequence: 4_711,
      bids: [level('64110', '0.8', 2), level('64105.5', '1.4', 3), level('64090', '3.2', 4), level('64050', '5', 2)],
      asks: [level('64121', '0.5', 1), level('64130.5', '1.9', 2), level('64155', '2.2', 3), level('64200', '6', 5)],
    },
  ],
  positions: [
    {
      by: 'trading',
      owner: 'runaway',
      symbol: 'BTC-USD',
      quantity: decimal.of('1.25'),
      averagePrice: decimal.of('63870.25'),
      realized: decimal.of('120.75'),
      fees: decimal.of('79.8'),
    },
    {
      by: 'risk',
      owner: 'runaway',
      symbol: 'BTC-USD',
      quantity: decimal.of('1.25'),
      averagePrice: decimal.of('63870.25'),
      realized: decimal.of('120.75'),
      fees: decimal.of('79.8'),
    },
  ],
  positionLines: [
    {
      account: 'runaway',
      symbol: 'BTC-USD',
      points: sampled(
        Array.from({ length: 40 }, (_, i): Point => [
          at(600 + i * 30),
          amount(i < 30 ? i * 0.1 : 3 - (i - 30) * 0.175),
        ]),
        ([, value]) => Number(value),
        400,
      ),
    },
  ],
  results: (['trading', 'risk'] as const).map((by, n) => ({
    by,
    owner: 'runaway',
    currency: 'USD',
    total: decimal.of('353.45'),
    realized: decimal.of('120.75'),
    unrealized: decimal.of('312.5'),
    points: sampled(
      Array.from({ length: 90 }, (_, i): Point => [
        at(600 + i * 30),
        amount(Math.sin(i / 14 + n / 8) * 700 + i * 4, 2),
      ]),
      ([, value]) => Number(value),
      400,
    ),
  })),
  limits: [
    {
      limitId: 'runaway-position',
      metric: 'position',
      scope: 'strategy runaway',
      soft: decimal.of('2'),
      hard: decimal.of('3'),
      use: [{ subject: 'BTC-USD', observed: decimal.of('1.25'), ratio: 1.25 / 3 }],
      checks: sampled(
        Array.from({ length: 40 }, (_, i) => ({
          at: at(600 + i * 30),
          observed: amount(Math.min(3.3, (i + 1) * 0.1)),
          refused: i >= 30,
        })),
        ({ observed }) => Number(observed),
        400,
      ),
    },
  ],
  breaches: [
    {
      breachId: 'breach-1',
      limitId: 'runaway-position',
      scope: 'strategy runaway',
      subject: 'BTC-USD',
      severity: 'high',
      peak: decimal.of('3'),
      limit: decimal.of('2'),
      openedAt: at(1_215),
      clearedAt: at(1_710),
      steps: [
        { at: at(1_215), what: 'breach opened', detail: 'high', observed: decimal.of('2.1') },
        { at: at(1_215), what: 'alert opened', detail: 'firing, high' },
        { at: at(1_215.5), what: 'on-call told', detail: 'step 0, delivered' },
        { at: at(1_230), what: 'alert escalated', detail: 'firing, high' },
        { at: at(1_230.5), what: 'desk-head told', detail: 'step 1, delivered' },
        { at: at(1_500), what: 'breach worsened', detail: 'high', observed: decimal.of('3') },
        { at: at(1_600), what: 'alert acknowledged', detail: 'firing, high, by desk-head' },
        { at: at(1_710), what: 'breach cleared', detail: 'high', observed: decimal.of('1.25') },
      ],
    },
  ],
  checks: { allowed: 40, denied: 10, cut: false },
  settlements: {
    total: 603,
    cut: false,
    byStatus: { settled: 590, 'partially-settled': 2, failing: 1, pending: 10 },
    days: [
      { due: '2026-03-03', byStatus: { settled: 240, failing: 1 } },
      { due: '2026-03-04', byStatus: { settled: 350, 'partially-settled': 2, pending: 10 } },
    ],
    late: [
      {
        settlementId: 'settlement-1',
        reference: 'trade-17',
        due: '2026-03-03',
        status: 'failing',
        legs: [
          { kind: 'delivery', from: 'client/alice', to: 'client/erin', asset: 'BTC', quantity: decimal.of('0.25') },
          { kind: 'payment', from: 'client/erin', to: 'client/alice', asset: 'USD', quantity: decimal.of('16030.125') },
        ],
        fail: { failedAt: at(2_460), reason: 'delayed', businessDays: 1 },
        steps: [
          { at: at(700), what: 'registered' },
          { at: at(705), what: 'delayed', detail: 'kept back' },
          { at: at(2_460), what: 'failed', detail: 'delayed' },
        ],
      },
    ],
    fails: 1,
  },
  chains: [
    {
      title: 'From a manipulation to a settlement',
      cut: false,
      of: 6,
      steps: (
        [
          ['manipulation.changed', 'market_data', 0, 0],
          ['signal.decided', 'trading', 0, 18.25],
          ['order.submitted', 'trading', 18.25, 24.5],
          ['order.placed', 'exchange', 24.5, 31],
          ['trade.settled', 'exchange', 31, 44.75],
          ['settlement.registered', 'custodian', 44.75, 91.125],
        ] as const
      ).map(([type, source, beganMs, endedMs], i) => ({
        depth: i - 3,
        type,
        source,
        aggregateId: `aggregate-${i}`,
        position: 100 + i,
        occurredAt: at(720 + i),
        beganMs,
        endedMs,
        ...(i > 0 && { hopMs: endedMs - beganMs, businessHopMs: 60_000 }),
      })),
    },
  ],
  ...change,
});

/** A run in which nothing happened. */
export const emptyRun = (): RunPage => ({
  report: reportOf({
    ...findings,
    input: { source: 'nothing' },
    counts: {},
    services: {},
    rates: {},
    servers: {},
    invariants: [],
  }),
  symbol: 'BTC-USD',
  from: start,
  to: start,
  prices: [],
  causes: [],
  manipulations: [],
  depth: [],
  positions: [],
  positionLines: [],
  results: [],
  limits: [],
  breaches: [],
  checks: { allowed: 0, denied: 0, cut: false },
  settlements: { total: 0, cut: false, byStatus: {}, days: [], late: [], fails: 0 },
  chains: [],
});
