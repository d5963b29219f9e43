import { defineEvents, definePriceFeed } from '@tse/core/events';
import { z } from 'zod';
import { identity } from './config.ts';
import { instrumentStatuses } from './instruments/instrument-states.ts';
import { manipulationStates } from './manipulations/manipulation-states.ts';
import { findingKinds } from './quality/quality.ts';
import { scenarioRunStates } from './scenarios/scenario-run-states.ts';

/** Amounts are canonical decimal strings. */
const amount = z.string();
const instant = z.iso.datetime();

const instrument = z.object({
  symbol: z.string(),
  base: z.string(),
  quote: z.string(),
  tickSize: amount,
  stepSize: amount,
  /** Fraction digits. */
  priceScale: z.int(),
  quantityScale: z.int(),
  minNotional: amount,
  status: z.enum(instrumentStatuses),
  version: z.int(),
});

const trades = z.object({
  venue: z.string(),
  symbol: z.string(),
  count: z.int(),
  /** Of the first and of the last trade of the batch. */
  from: instant,
  to: instant,
});

const candles = z.object({
  symbol: z.string(),
  interval: z.string(),
  priceType: z.string(),
  source: z.string(),
  /** Open times of the first and of the last candle that was written. */
  from: instant,
  to: instant,
  count: z.int(),
  /** How many of them changed one that stood. */
  revised: z.int(),
  /** The last hundred of the batch, oldest first. */
  closes: z.array(z.object({ openTime: instant, close: amount })),
  /** Over one line a candle: open time in microseconds since 1970, open, high, low, close, base volume, joined by commas. */
  sha256: z.string(),
});

const manipulation = z.object({
  manipulationId: z.string(),
  symbol: z.string(),
  kind: z.string(),
  /** Shifts in basis points, `priceOffset` in the quote asset. */
  modifier: z.object({
    priceShiftBps: z.int().optional(),
    priceOffset: amount.optional(),
    spreadShiftBps: z.int().optional(),
    volumeShiftBps: z.int().optional(),
    volatilityShiftBps: z.int().optional(),
    frozen: z.boolean().optional(),
  }),
  state: z.enum(manipulationStates),
  previousState: z.enum(manipulationStates).optional(),
  cause: z.string().optional(),
  endsAt: instant.optional(),
  /** The test run it is done for, with its fence. */
  runId: z.string().optional(),
  fence: z.int().optional(),
  manipulationVersion: z.int(),
});

const scenarioRun = z.object({
  scenarioRunId: z.string(),
  scenarioId: z.string(),
  scenarioVersion: z.int(),
  seed: z.string(),
  parentRunId: z.string().optional(),
  forkSequence: z.int().optional(),
  state: z.enum(scenarioRunStates),
  reason: z.string().optional(),
  lastSequence: z.int(),
  /** Equal for runs that moved alike. */
  priceHash: z.string(),
  /** The test run it is done for, with its fence. */
  runId: z.string().optional(),
  fence: z.int().optional(),
  runVersion: z.int(),
});

const finding = z.object({
  findingId: z.string(),
  symbol: z.string(),
  kind: z.enum(findingKinds),
  /** `candles/1m/binance`, `ticks/binance`. */
  series: z.string(),
  from: instant,
  /** Outside. */
  to: instant,
});

const catalog = defineEvents(identity, {
  /** An instrument was registered or its status changed; it says what the instrument now is. */
  'instrument.changed': {
    payload: instrument,
    example: {
      symbol: 'BTC-USD',
      base: 'BTC',
      quote: 'USD',
      tickSize: '0.01',
      stepSize: '0.00000001',
      priceScale: 2,
      quantityScale: 8,
      minNotional: '0',
      status: 'active',
      version: 1,
    },
  },
  /** Something about the data is not as it should be. */
  'quality.found': {
    payload: finding,
    example: {
      findingId: '01a20cd5-24be-7781-97d8-7a7f04d532df',
      symbol: 'BTC-USD',
      kind: 'gap',
      series: 'candles/1m/exchange',
      from: '2026-11-24T09:13:00.000000Z',
      to: '2026-11-24T09:15:00.000000Z',
    },
  },
  /** A batch of trades was recorded. */
  'trades.recorded': {
    payload: trades,
    example: {
      venue: 'exchange',
      symbol: 'BTC-USD',
      count: 2,
      from: '2026-11-24T09:13:44.942000Z',
      to: '2026-11-24T09:13:45.100000Z',
    },
  },
  /** Candles of a series were closed, loaded or revised. */
  'candles.closed': {
    payload: candles,
    example: {
      symbol: 'BTC-USD',
      interval: '1m',
      priceType: 'trade',
      source: 'exchange',
      from: '2026-11-24T09:13:00.000000Z',
      to: '2026-11-24T09:13:00.000000Z',
      count: 1,
      revised: 0,
      closes: [{ openTime: '2026-11-24T09:13:00.000000Z', close: '29900' }],
      sha256: 'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78',
    },
  },
  /** A manipulation of a symbol was planned or went on: the truth that detectors are scored against. */
  'manipulation.changed': {
    payload: manipulation,
    example: {
      manipulationId: 'm1',
      symbol: 'BTC-USD',
      kind: 'pump-and-dump',
      modifier: { priceShiftBps: 150 },
      state: 'active',
      previousState: 'injecting',
      cause: 'step 3 of the scenario',
      endsAt: '2026-11-24T09:30:00.000000Z',
      runId: 'run-1',
      fence: 4,
      manipulationVersion: 3,
    },
  },
  /** A run of a price scenario was started, forked, paused, resumed or ended. */
  'scenario-run.changed': {
    payload: scenarioRun,
    example: {
      scenarioRunId: 'crash-1',
      scenarioId: 'crash',
      scenarioVersion: 1,
      seed: '42',
      state: 'completed',
      lastSequence: 3600,
      priceHash: 'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78',
      runId: 'run-1',
      fence: 4,
      runVersion: 62,
    },
  },
});

const price = z.object({
  symbol: z.string(),
  source: z.string(),
  last: amount,
  /** Of the source for this symbol, growing. */
  sequence: z.int(),
  bid: amount.optional(),
  ask: amount.optional(),
});

/** What the adapter publishes. Payloads only grow within a major version. */
export const marketDataEvents = Object.assign(catalog, {
  /** The last price of each symbol: conflated, it may lose, and nobody audits it. */
  priceFeed: definePriceFeed(identity, {
    payload: price,
    example: { symbol: 'BTC-USD', source: 'exchange', last: '29900', sequence: 7, bid: '29899.5', ask: '29900.5' },
    keyOf: ({ symbol }) => symbol,
  }),
});
