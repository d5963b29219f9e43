import { crc32 } from 'node:zlib';
import { encodeCursor } from '@tse/core';
import { describeAdapter } from '@tse/testkit';
import { expect, test } from 'vitest';
import { type MarketDataAdapter, createMarketDataAdapter } from './index.ts';
import { errorsOf, testMarketData } from './test-market-data.ts';

const at = '2026-01-01T00:00:00Z';
const later = '2026-01-02T00:00:00Z';
const span = { from: at, to: later };
const page = { limit: 10 };
const symbol = 'BTC-USD';
const series = { symbol, interval: '1m', priceType: 'trade', source: 's' };
const pair = { first: 'BTC-USD', second: 'ETH-USD', interval: '1m', source: 's' };
const fenced = { run: 'r', fence: 1 };
const quote = {
  symbol,
  source: 's',
  eventAt: at,
  sequence: 1,
  bid: '1.5',
  bidQuantity: '2.5',
  ask: '2.5',
  askQuantity: '3.5',
};
const step = { manipulationId: 'm', cause: 'because', at, version: 1, ...fenced };
const finding = { symbol, kind: 'gap', series: 'candles/1m/s', ...span, evidence: {} };

const inputs = {
  'instruments.register': {
    symbol,
    tickSize: '0.01',
    stepSize: '0.001',
    minNotional: '1.5',
    name: 'Bitcoin',
    status: 'active',
  },
  'instruments.find': symbol,
  'instruments.get': symbol,
  'instruments.list': { ...page, base: 'BTC', quote: 'USD', status: 'active', cursor: encodeCursor(['BTC-USD']) },
  'instruments.changeStatus': { symbol, status: 'inactive', version: 1, reason: 'because' },
  'instruments.listStatusChanges': symbol,
  'prices.record': [{ symbol, source: 's', eventAt: at, sequence: 1, price: '1.5', bid: '1.4', ask: '1.6' }],
  'prices.find': { symbol, source: 's', maxAgeMs: 1000 },
  'prices.get': { symbol, source: 's', maxAgeMs: 1000 },
  'prices.listSources': symbol,
  'prices.listLatest': { symbols: [symbol] },
  'prices.recent': { symbol, limit: 10 },
  'prices.list': { symbol, source: 's', ...span, ...page },
  'prices.snapshot': { symbol, source: 's' },
  'trades.record': {
    venue: 'v',
    symbol,
    trades: [{ tradeId: 't', eventAt: at, sequence: 1, price: '1.5', quantity: '0.5', takerSide: 'buy' }],
    covers: span,
  },
  'trades.list': { venue: 'v', symbol, ...span, sort: 'newest', ...page },
  'quotes.record': [{ ...quote, depth: { levels: 5, bid: '10.5', ask: '11.5' } }],
  'quotes.find': { symbol, source: 's' },
  'quotes.get': { symbol, source: 's' },
  'quotes.statistics': { symbol, source: 's', ...span },
  'quotes.listMinutes': { symbol, source: 's', ...span, ...page },
  'candles.upsert': {
    ...series,
    candles: [
      {
        openTime: at,
        open: '1.5',
        high: '2.5',
        low: '0.5',
        close: '1.5',
        openAt: at,
        highAt: at,
        lowAt: at,
        closeAt: at,
        baseVolume: '2.5',
        quoteVolume: '3.5',
        takerBaseVolume: '1.5',
        takerQuoteVolume: '2.5',
        tradeCount: 3,
        closed: true,
      },
    ],
  },
  'candles.get': { ...series, openTime: at },
  'candles.find': { ...series, openTime: at },
  'candles.range': { ...series, ...span, asOf: at, forming: false },
  'candles.rangeFilled': { ...series, ...span, policy: 'linear', longestGap: 3 },
  'candles.list': { ...series, ...span, sort: 'newest', ...page },
  'candles.findLatest': series,
  'candles.listRevisions': { ...series, openTime: at },
  'candles.build': { symbol, source: 's', until: at },
  'candles.rollUp': { ...series, interval: '5m', ...span },
  'candles.defineInterval': { name: '10m', unit: 'fixed', step: 'PT10M', origin: at, rolledFrom: '5m' },
  'candles.defineInterval (calendar)': { name: '1d@Berlin', unit: 'day', timeZone: 'Europe/Berlin', rolledFrom: '15m' },
  'orderBooks.recordSnapshot': {
    symbol,
    sequence: 1,
    eventAt: at,
    bids: [{ price: '1.5', quantity: '2.5' }],
    asks: [{ price: '2.5', quantity: '2.5' }],
    checksum: crc32('1.5:2.5:2.5:2.5'),
  },
  'orderBooks.recordDeltas': {
    symbol,
    deltas: [{ sequence: 2, follows: 1, eventAt: at, changes: [{ side: 'bid', price: '1.5', quantity: '0.5' }] }],
  },
  'orderBooks.depth': { symbol, levels: 5 },
  'orderBooks.replay': { symbol, sequence: 1 },
  'coverage.find': { symbol, kind: 'candles', source: 's', interval: '1m', priceType: 'trade' },
  'coverage.missing': { symbol, kind: 'candles', source: 's', interval: '1m', priceType: 'trade', ...span },
  'coverage.mark': { symbol, kind: 'candles', source: 's', interval: '1m', priceType: 'trade', ...span },
  'coverage.list': symbol,
  'quality.report': finding,
  'quality.list': { symbol, kind: 'gap', ...span, ...page },
  'quality.sweep': { symbol, source: 's', interval: '1m', ...span, outlierAbove: 0.5, staleAfterMs: 1000 },
  'retention.keepFor': { kind: 'trades', keepDays: 30 },
  'scenarios.define': {
    scenarioId: 's',
    version: 1,
    name: 'one',
    spec: {
      type: 'crash',
      model: 'brownian-motion',
      symbols: [
        { symbol, startPrice: '100.5', drift: 0.5, volatility: 0.5 },
        { symbol: 'ETH-USD', startPrice: '10.5' },
      ],
      duration: 'PT1M',
      step: 'PT1S',
      intensity: 1.5,
      durationFactor: 1.5,
      recoveryFactor: 0.5,
      gradualTransition: true,
      correlations: [{ first: symbol, second: 'ETH-USD', target: 0.5 }],
    },
  },
  'scenarios.activate': { scenarioId: 's', version: 1 },
  'scenarios.find': 's',
  'scenarios.get': 's',
  'scenarios.getVersion': { scenarioId: 's', version: 1 },
  'scenarios.list': page,
  'scenarioRuns.start': { scenarioRunId: 'r', scenarioId: 's', version: 1, seed: 'one', ...fenced },
  'scenarioRuns.fork': { scenarioRunId: 'r2', parentRunId: 'r', forkSequence: 1, seed: 'two', ...fenced },
  'scenarioRuns.change': { scenarioRunId: 'r', state: 'paused', reason: 'because', version: 1, ...fenced },
  'scenarioRuns.record': {
    scenarioRunId: 'r',
    firstSequence: 1,
    moves: [{ symbol, from: '1.5', to: '2.5', causes: [{ kind: 'drift', causeId: 'c', delta: '1.0' }], at }],
    randomState: 'x',
    ...fenced,
  },
  'scenarioRuns.find': 'r',
  'scenarioRuns.get': 'r',
  'scenarioRuns.list': { ...page, scenarioId: 's', state: 'running', run: 'r' },
  'scenarioRuns.listMoves': { ...page, scenarioRunId: 'r', symbol, afterSequence: 1 },
  'scenarioRuns.findCheckpoint': { scenarioRunId: 'r', sequence: 1 },
  'manipulations.plan': {
    manipulationId: 'm',
    symbol,
    kind: 'spoofing',
    modifier: {
      priceShiftBps: 100,
      priceOffset: '0.5',
      spreadShiftBps: 100,
      volumeShiftBps: 100,
      volatilityShiftBps: 100,
      frozen: false,
    },
    endsAt: '2027-01-01T00:00:00Z',
    cause: 'because',
    ...fenced,
  },
  'manipulations.inject': step,
  'manipulations.activate': step,
  'manipulations.pause': step,
  'manipulations.recover': step,
  'manipulations.find': 'm',
  'manipulations.get': 'm',
  'manipulations.list': { ...page, symbol, kind: 'spoofing', state: 'active', run: 'r' },
  'manipulations.listTransitions': 'm',
  'manipulations.getEffect': { symbol, at },
  'correlations.record': { ...pair, buckets: [{ day: at, returns: [[0.5, 0.25]] }] },
  'correlations.track': { ...pair, priceType: 'trade', ...span },
  'correlations.get': { ...pair, ...span },
  'correlations.defineTargets': {
    targetsId: 't',
    symbols: [symbol, 'ETH-USD'],
    pairs: [{ first: symbol, second: 'ETH-USD', target: 0.5 }],
    scenarioId: 's',
    scenarioVersion: 1,
  },
  'correlations.findTargets': 't',
  'correlations.listTargets': page,
  'correlations.getDrift': { targetsId: 't', interval: '1m', source: 's', ...span },
};

let ticks = 0;
describeAdapter<MarketDataAdapter>(createMarketDataAdapter, {
  prepare: async (marketData) => {
    for (const each of [symbol, 'ETH-USD'])
      await marketData.instruments.register({ symbol: each, tickSize: '0.01', stepSize: '0.001' });
    await marketData.candles.upsert({
      symbol,
      interval: '1m',
      source: 's',
      candles: [{ openTime: at, open: '1', high: '1', low: '1', close: '1', baseVolume: '1' }],
    });
  },
  read: (marketData) => marketData.candles.get({ symbol, interval: '1m', source: 's', openTime: at }),
  write: (marketData, id) =>
    marketData.quality.report({ symbol, kind: 'gap', series: `ticks/${id}`, from: at, to: later }),
  live: (marketData) =>
    marketData.prices.record([{ symbol, source: 's', eventAt: at, sequence: (ticks += 1), price: '1' }]),
  inputs,
  free: ['quality.report.evidence'],
});

const ports = [
  'instruments',
  'prices',
  'trades',
  'quotes',
  'candles',
  'orderBooks',
  'coverage',
  'quality',
  'retention',
  'scenarios',
  'scenarioRuns',
  'manipulations',
  'correlations',
] as const;
/** Without input, an iterable (below), or for workers and other folders alone. */
const others = [
  'prices.watch',
  'prices.restore',
  'prices.close',
  'trades.listSeries',
  'quotes.restore',
  'candles.recompute',
  'candles.buildDue',
  'candles.tradesRecorded',
  'candles.listIntervals',
  'instruments.scalesOf',
  'instruments.symbols',
  'quality.reportLosses',
  'retention.list',
  'retention.retire',
  'manipulations.rebuild',
  'manipulations.endDue',
];

test('every method of every port is put to bad input', () => {
  const url = 'postgres://localhost/none';
  const marketData = createMarketDataAdapter({
    postgres: { url },
    redis: { url: 'redis://localhost' },
    workers: false,
  });
  const methods = ports.flatMap((port) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(marketData[port]))
      .filter((name) => name !== 'constructor')
      .map((name) => `${port}.${name}`),
  );
  const attacked = Object.keys(inputs).map((name) => name.replace(/ .*/, ''));
  expect([...new Set([...attacked, ...others])].toSorted()).toEqual(methods.toSorted());
});

test('whoever watches what is no symbol is refused', async () => {
  await using t = await testMarketData({ options: { workers: false } });
  const hostile: unknown[] = ['', 'a\0b', '\uD800', '__proto__', 1, NaN, null, {}, Symbol('s'), 10n];
  const next = (symbols: unknown) => {
    const watching = t.marketData.prices.watch({ symbols: symbols as string[] });
    return watching[Symbol.asyncIterator]().next();
  };
  const errors = await errorsOf([...hostile.map(next), ...hostile.map((each) => next([each])), next([])]);
  for (const error of errors) expect(error).toMatchObject({ kind: 'invalid-input' });
});
