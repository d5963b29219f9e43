import { defineEvents } from '@tse/core/events';
import { z } from 'zod';
import { alertStates } from './alerts/alert-states.ts';
import { severities } from './alerts/severities.ts';
import { identity } from './config.ts';
import { limitMetrics } from './limits/limit-metrics.ts';
import { tradingStates } from './limits/trading-states.ts';

/** Amounts are canonical decimal strings. */
const amount = z.string();
const id = z.string();
const side = z.enum(['buy', 'sell']);
/** `firm`, `account:alice`, `strategy:s1`, `venue:okx`, `instrument:BTC-USD`; narrowed to a symbol: `account:alice|BTC-USD`. */
const scope = z.string();

const check = z.object({
  checkId: id,
  orderId: id,
  attempt: z.int(),
  accountId: id,
  strategyId: id.optional(),
  venue: id,
  symbol: z.string(),
  side,
  quantity: amount,
  price: amount.optional(),
  decision: z.enum(['allow', 'deny']),
  /** `allowed`, or why not. */
  code: z.string(),
  limitId: id.optional(),
  limitVersion: z.int().optional(),
  observed: amount.optional(),
  limit: amount.optional(),
  validUntil: z.iso.datetime().optional(),
});

const reservation = z.object({
  orderId: id,
  checkId: id,
  accountId: id,
  symbol: z.string(),
  side,
  quantity: amount,
  /** What was neither bought nor sold of it. */
  unused: amount,
  how: z.enum(['filled', 'closed', 'refused', 'expired']),
});

const limit = z.object({
  limitId: id,
  limitVersion: z.int(),
  metric: z.enum(limitMetrics),
  scope,
  enabled: z.boolean(),
  warn: amount.optional(),
  soft: amount.optional(),
  hard: amount.optional(),
  reason: z.string().optional(),
});

const tradingState = z.object({
  scope,
  state: z.enum(tradingStates),
  epoch: z.int(),
  reason: z.string().optional(),
});

const breach = z.object({
  breachId: id,
  type: z.enum(['opened', 'worsened', 'improved', 'cleared']),
  limitId: id,
  limitVersion: z.int(),
  metric: z.enum(limitMetrics),
  scope,
  /** The symbol, where the limit counts each by itself. */
  subject: z.string().optional(),
  severity: z.enum(severities),
  observed: amount,
  peak: amount,
  limit: amount,
  alertId: id,
});

const alert = z.object({
  alertId: id,
  /** What happened to it: `opened`, `fired`, `repeated`, `severity-changed`, `recovering`, `acknowledged`, `escalated`, `closed` … */
  type: z.string(),
  kind: z.enum(['breach', 'no-data', 'manual']),
  state: z.enum(alertStates),
  severity: z.enum(severities),
  summary: z.string(),
  labels: z.record(z.string(), z.string()),
  dedupKey: z.string(),
  /** Of the escalation. */
  step: z.int().optional(),
  acknowledgedBy: z.string().optional(),
  /** Why it was closed. */
  reason: z.string().optional(),
});

const orderId = '01a20cd5-24d1-7176-aae4-db1eb30e3e4f';
const checkId = '01a20cd5-24be-7781-97d8-7a7f04d532df';

/** What the risk monitor publishes. Payloads only grow within a major version. */
export const riskEvents = defineEvents(identity, {
  /** An order was allowed or refused before it was placed. */
  'check.decided': {
    payload: check,
    example: {
      checkId,
      orderId,
      attempt: 1,
      accountId: 'alice',
      venue: 'exchange',
      symbol: 'BTC-USD',
      side: 'buy',
      quantity: '0.1',
      price: '30000',
      decision: 'deny',
      code: 'position-exceeded',
      limitId: 'alice-position',
      limitVersion: 1,
      observed: '0.1',
      limit: '0.05',
    },
  },
  /** What was set aside for an order is free again. */
  'reservation.ended': {
    payload: reservation,
    example: {
      orderId,
      checkId,
      accountId: 'alice',
      symbol: 'BTC-USD',
      side: 'buy',
      quantity: '0.1',
      unused: '0',
      how: 'filled',
    },
  },
  /** A limit has another version. */
  'limit.changed': {
    payload: limit,
    example: {
      limitId: 'alice-position',
      limitVersion: 1,
      metric: 'position',
      scope: 'account:alice',
      enabled: true,
      soft: '0.05',
    },
  },
  /** Somebody turned a switch: orders of the scope are refused, or only those that make positions smaller pass, or all do again. */
  'trading-state.changed': {
    payload: tradingState,
    example: { scope: 'strategy:s1', state: 'halted', epoch: 1, reason: 'runaway' },
  },
  /** A limit is exceeded, more or less than before, or kept again. */
  'breach.changed': {
    payload: breach,
    example: {
      breachId: '01a20cd5-24be-7781-97d8-7a7f04d532e0',
      type: 'opened',
      limitId: 'alice-position',
      limitVersion: 1,
      metric: 'position',
      scope: 'account:alice',
      subject: 'BTC-USD',
      severity: 'high',
      observed: '0.1',
      peak: '0.1',
      limit: '0.05',
      alertId: '01a20cd5-24be-7781-97d8-7a7f04d532e1',
    },
  },
  /** Something happened to an alert. */
  'alert.changed': {
    payload: alert,
    example: {
      alertId: '01a20cd5-24be-7781-97d8-7a7f04d532e1',
      type: 'opened',
      kind: 'breach',
      state: 'firing',
      severity: 'high',
      summary: 'position of account:alice in BTC-USD is 0.1, limit 0.05',
      labels: {
        kind: 'breach',
        limitId: 'alice-position',
        metric: 'position',
        scope: 'account:alice',
        subject: 'BTC-USD',
      },
      dedupKey: 'breach/alice-position/BTC-USD',
    },
  },
});
