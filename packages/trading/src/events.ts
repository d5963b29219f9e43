import { defineEvents } from '@tse/core/events';
import { z } from 'zod';
import { identity } from './config.ts';
import { deploymentStates, deploymentWishes } from './deployments/deployment-states.ts';
import { signalActions, signalOutcomes } from './signals/signal-states.ts';
import { strategyKinds, strategyStatuses } from './strategies/strategy-states.ts';

/** Amounts are canonical decimal strings. */
const amount = z.string();
const id = z.string();

const strategy = z.object({
  strategyId: id,
  name: z.string(),
  kind: z.enum(strategyKinds),
  symbols: z.array(z.string()),
  status: z.enum(strategyStatuses),
  /** Absent until the first version is published. */
  latestVersion: z.int().optional(),
  reason: z.string().optional(),
});

const deployment = z.object({
  deploymentId: id,
  strategyId: id,
  strategyVersion: z.int(),
  mode: z.enum(['live', 'paper']),
  accountId: id,
  venue: z.string(),
  desired: z.enum(deploymentWishes),
  actual: z.enum(deploymentStates),
  epoch: z.int(),
  reason: z.string().optional(),
});

const signal = z.object({
  signalId: id,
  deploymentId: id,
  symbol: z.string(),
  action: z.enum(signalActions),
  outcome: z.enum(signalOutcomes),
  /** The code of what refused it. */
  reason: z.string().optional(),
  riskCheckId: id.optional(),
});

const order = z.object({
  orderId: id,
  deploymentId: id,
  accountId: id,
  venue: z.string(),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  type: z.enum(['limit', 'market', 'stop', 'stop-limit']),
  quantity: amount,
  price: amount.optional(),
  signalId: id.optional(),
  riskCheckId: id.optional(),
});

const position = z.object({
  positionId: id,
  deploymentId: id,
  accountId: id,
  venue: z.string(),
  symbol: z.string(),
  leg: z.enum(['net', 'long', 'short']),
  cycle: z.int(),
  change: z.enum(['opened', 'increased', 'reduced', 'closed', 'adjusted', 'folded-again']),
  /** Signed. */
  quantity: amount,
  cost: amount,
  /** Without fees and adjustments. */
  realized: amount,
  fees: amount,
  adjustments: amount,
  lastTradeSeq: z.int(),
  /** Of the fill that changed it. */
  tradeId: id.optional(),
  orderId: id.optional(),
});

const backtest = z.object({
  backtestId: id,
  identityHash: z.string(),
  strategyId: id,
  strategyVersion: z.int(),
  trades: z.int(),
  /** Those that could be computed, by name. */
  metrics: z.record(z.string(), z.number()),
});

const orderId = '01a20cd5-24be-7781-97d8-7a7f04d532df';
const deploymentId = '01a20cd5-2401-7d3e-8f52-3a8f3f1f6a10';

/** What the trading engine publishes. Payloads only grow within a major version. */
export const tradingEvents = defineEvents(identity, {
  /** A strategy was created or changed, or has a new version; it says what the strategy now is. */
  'strategy.changed': {
    payload: strategy,
    example: {
      strategyId: 'crossing-averages',
      name: 'Crossing averages',
      kind: 'trend-following',
      symbols: ['BTC-USD'],
      status: 'active',
      latestVersion: 1,
    },
  },
  /** A deployment was created, attached, wished, reported or interrupted. */
  'deployment.changed': {
    payload: deployment,
    example: {
      deploymentId,
      strategyId: 'crossing-averages',
      strategyVersion: 1,
      mode: 'live',
      accountId: 'alice',
      venue: 'exchange',
      desired: 'running',
      actual: 'running',
      epoch: 1,
    },
  },
  /** A signal was accepted, refused, or ran out of time. */
  'signal.decided': {
    payload: signal,
    example: {
      signalId: 's1',
      deploymentId,
      symbol: 'BTC-USD',
      action: 'enter-long',
      outcome: 'rejected',
      reason: 'limit-exceeded',
      riskCheckId: 'k1',
    },
  },
  /** An order is about to be asked of the venue. */
  'order.submitted': {
    payload: order,
    example: {
      orderId,
      deploymentId,
      accountId: 'alice',
      venue: 'exchange',
      symbol: 'BTC-USD',
      side: 'buy',
      type: 'limit',
      quantity: '0.1',
      price: '30000',
      riskCheckId: 'k1',
    },
  },
  /** A fill or an adjustment changed a position, or its fills were folded again. */
  'position.changed': {
    payload: position,
    example: {
      positionId: '3e0d6d4f6f5f4a51b53f1a3a3c1c9d2e',
      deploymentId,
      accountId: 'alice',
      venue: 'exchange',
      symbol: 'BTC-USD',
      leg: 'net',
      cycle: 1,
      change: 'opened',
      quantity: '0.1',
      cost: '2990',
      realized: '0',
      fees: '5.98',
      adjustments: '0',
      lastTradeSeq: 1,
      tradeId: 't1',
      orderId,
    },
  },
  /** A backtest was completed, with its metrics. */
  'backtest.completed': {
    payload: backtest,
    example: {
      backtestId: 'b1',
      identityHash: '0f343b0931126a20f133d67c2b018a3b0f343b0931126a20f133d67c2b018a3b',
      strategyId: 'crossing-averages',
      strategyVersion: 1,
      trades: 42,
      metrics: { 'total-return': 0.12, sharpe: 1.4 },
    },
  },
});
