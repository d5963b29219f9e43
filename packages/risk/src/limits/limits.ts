import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  assetInput,
  bothOrNeither,
  bothOrNeitherIssue,
  decimal,
  durationInput,
  idInput,
  instantInput,
  nonNegativeAmount,
  pageFields,
  testRunFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { sides } from '../positions/positions.ts';
import { type LimitMetric, limitMetrics, scopeProblem } from './limit-metrics.ts';
import { type Scope, scopeInput, scopeKey, scopeKindOf } from './scopes.ts';
import { type TradingState, tradingStates } from './trading-states.ts';

/** One version of a limit. What it limits and whom never changes; everything else does with the next version. */
export interface Limit {
  limitId: string;
  version: number;
  metric: LimitMetric;
  scope: Scope;
  enabled: boolean;
  /** Above `warn` a breach is medium, above `soft` high, above `hard` critical; orders are refused above `hard` alone. */
  warn?: Decimal;
  soft?: Decimal;
  hard?: Decimal;
  /** At or below it a breach is over. */
  recover: Decimal;
  windowMs?: number;
  timeZone: string;
  currency: string;
  maxPriceAgeMs: number;
  forMs: number;
  keepFiringForMs: number;
  escalateAfterMs: number;
  policyId?: string;
  reason?: string;
  /** The test run that it was defined for. */
  run?: string;
  fence?: number;
  validFrom: Instant;
}

const timeZone = textInput(64).refine(isTimeZone, 'expected a time zone such as America/New_York');
function isTimeZone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
const positiveDuration = durationInput.refine(
  (ms) => ms > 0 && ms <= 366 * 86_400_000,
  'expected up to 366 days, above zero',
);
const anyDuration = durationInput.refine((ms) => ms <= 366 * 86_400_000, 'expected up to 366 days');

/**
 * A limit of a metric in a scope, or its next version; the same content as the version that stands is that version. With `version` a
 * change is refused if there was another one since (0: if there is a limit already). With `run` and `fence` it is for a test run, and refused
 * below a fence that was seen of it.
 *
 * - `price-deviation`: of a limit price from the mark, as a ratio; `order-quantity`, `order-value`: of one order;
 * - `order-rate`: orders a `window`, as a leaking bucket; `daily-quantity`, `daily-value`: since the day of `timeZone` (or the `window`) began;
 * - `position`: of each symbol, in its base asset; `gross-exposure`, `net-exposure`: in `currency`; `concentration`: the largest symbol's share
 *   of the gross exposure; `leverage`: gross exposure over equity; `open-orders`, `open-positions`: how many;
 * - `daily-loss`: in `currency`; `drawdown`: from the highest equity, as a ratio; `value-at-risk`: of the latest run for the scope.
 */
export const defineLimit = z
  .strictObject({
    limitId: idInput.optional(),
    metric: z.enum(limitMetrics),
    scope: scopeInput,
    version: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .optional(),
    enabled: z.boolean().default(true),
    warn: nonNegativeAmount.optional(),
    soft: nonNegativeAmount.optional(),
    hard: nonNegativeAmount.optional(),
    /** At or below it a breach is over: the lowest threshold where it is left out. */
    recover: nonNegativeAmount.optional(),
    window: positiveDuration.optional(),
    timeZone: timeZone.default('UTC'),
    currency: assetInput.default('USD'),
    /** An older price or valuation decides nothing: orders that need it are refused with `price-stale` or `valuation-stale`. */
    maxPriceAge: positiveDuration.default(60_000),
    /** How long it must be exceeded before it is a breach, and how long it must be kept before that is over. */
    for: anyDuration.default(0),
    keepFiringFor: anyDuration.default(0),
    /** How long an unanswered alert waits before it is told again, where no policy says otherwise. */
    escalateAfter: positiveDuration.default(900_000),
    policyId: idInput.optional(),
    reason: textInput(200).optional(),
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue)
  .refine(({ warn, soft, hard }) => (warn ?? soft ?? hard) !== undefined, {
    message: 'expected at least one of warn, soft and hard',
    path: ['hard'],
  })
  .refine(
    ({ warn, soft, hard, recover }) => {
      const given = [recover, warn, soft, hard].filter((value) => value !== undefined);
      return given.every((value, i) => i === 0 || decimal.compare(given[i - 1]!, value) <= 0);
    },
    { message: 'expected recover, warn, soft and hard to rise', path: ['hard'] },
  )
  .refine(({ metric, window }) => metric !== 'order-rate' || window !== undefined, {
    message: 'expected the window of the rate',
    path: ['window'],
  })
  .refine(({ metric, warn, soft, hard }) => metric !== 'order-rate' || (hard ?? soft ?? warn) !== '0', {
    message: 'expected a rate above zero',
    path: ['hard'],
  })
  .superRefine(({ metric, scope }, context) => {
    const problem = scopeProblem(metric, scopeKindOf(scopeKey(scope)), scope.symbol !== undefined);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem, path: ['scope'] });
  });
export type DefineLimit = z.input<typeof defineLimit>;

/** In the order of their ids. */
export const listLimits = z.strictObject({
  metric: z.enum(limitMetrics).optional(),
  scope: scopeInput.optional(),
  enabled: z.boolean().optional(),
  ...pageFields(idInput),
});
export type ListLimits = z.input<typeof listLimits>;

/** Whether a scope may trade, and since when. */
export interface TradingStateOf {
  scope: Scope;
  state: TradingState;
  /** Grows with each change; 0 where it never changed. */
  epoch: number;
  reason?: string;
  changedAt?: Instant;
}

/** With `epoch` the change is refused if there was another one since; with `run` and `fence` it is for a test run. */
export const setTradingState = z
  .strictObject({
    scope: scopeInput,
    state: z.enum(tradingStates),
    epoch: z.int().min(0).optional(),
    reason: textInput(200).optional(),
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue);
export type SetTradingState = z.input<typeof setTradingState>;
export const getTradingState = z.strictObject({ scope: scopeInput });
export type GetTradingState = z.input<typeof getTradingState>;

/** One change of whether a scope may trade. */
export interface TradingStateChange {
  epoch: number;
  from: TradingState;
  to: TradingState;
  reason?: string;
  actor?: string;
  run?: string;
  fence?: number;
  changedAt: Instant;
}

/** Keeps a scope, or one side of it, from trading until a moment: a cool-down after losses, a pause around news. */
export interface RiskLock {
  lockId: string;
  scope: Scope;
  side?: 'buy' | 'sell';
  reason: string;
  run?: string;
  fence?: number;
  from: Instant;
  until: Instant;
  releasedAt?: Instant;
}
export const lockScope = z
  .strictObject({
    lockId: idInput,
    scope: scopeInput,
    side: z.enum(sides).optional(),
    reason: textInput(200),
    from: instantInput.optional(),
    until: instantInput,
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue)
  .refine(({ from, until }) => from === undefined || from < until, {
    message: 'expected it after from',
    path: ['until'],
  });
export type LockScope = z.input<typeof lockScope>;
export const unlockScope = z
  .strictObject({ lockId: idInput, ...testRunFields })
  .refine(bothOrNeither, bothOrNeitherIssue);
export type UnlockScope = z.input<typeof unlockScope>;
/** Of a scope, or all; `active` leaves out what is over. */
export const listLocks = z.strictObject({
  scope: scopeInput.optional(),
  active: z.boolean().optional(),
  ...pageFields(idInput),
});
export type ListLocks = z.input<typeof listLocks>;

/** How much of a limit is used now. Of orders that are reserved only those count that were filled. */
export interface LimitUse {
  limitId: string;
  version: number;
  metric: LimitMetric;
  /** The symbol, where the limit counts each by itself. */
  subject?: string;
  observed?: Decimal;
  /** Why it cannot be told. */
  code?: string;
  limit: Decimal;
  /** Observed over limit. */
  ratio?: number;
}
export const listUse = z.strictObject({ scope: scopeInput });
export type ListUse = z.input<typeof listUse>;

/** Codes with which limits refuse. */
export type LimitRefusal =
  | 'id-conflict'
  | 'limit-exists'
  | 'stale-version'
  | 'stale-epoch'
  | 'stale-fence'
  | 'illegal-transition'
  | 'unknown-policy'
  | 'unknown-limit'
  | 'unknown-lock'
  | 'already-past';

/**
 * Limits in versions that are never edited, the switches of trading, and locks for a while. A change answers when no check that was made
 * without it is under way any more. Errors are `not-found`, `conflict` or `invalid-input` with a `LimitRefusal` as code.
 */
export interface Limits {
  /** Defines a limit of a metric in a scope, or changes it. Refused with `limit-exists`, `stale-version`, `stale-fence`. */
  define(input: DefineLimit, options?: CallOptions): Promise<Limit>;
  /** Nothing where there is none. */
  find(limitId: string, options?: CallOptions): Promise<Limit | undefined>;
  /** Refused as `not-found` where there is none. */
  get(limitId: string, options?: CallOptions): Promise<Limit>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListLimits, options?: CallOptions): Listing<Limit>;
  /** All versions, oldest first. */
  listVersions(limitId: string, options?: CallOptions): Promise<Limit[]>;
  /** Of those that apply to a scope by name. */
  listUse(input: ListUse, options?: CallOptions): Promise<LimitUse[]>;
  /** Says whether a scope may trade: `active`, `reducing` or `halted`. Refused with `stale-epoch`, `stale-fence`. */
  setTradingState(input: SetTradingState, options?: CallOptions): Promise<TradingStateOf>;
  /** Whether a scope may trade at present; `active` where nothing was said. */
  getTradingState(input: GetTradingState, options?: CallOptions): Promise<TradingStateOf>;
  /** Oldest first. */
  listTradingStateChanges(input: GetTradingState, options?: CallOptions): Promise<TradingStateChange[]>;
  /** Keeps a scope, or one side of it, from trading until a time. The same id again answers the first; `id-conflict` otherwise. */
  lock(input: LockScope, options?: CallOptions): Promise<RiskLock>;
  /** By hand, before its time; a second time answers the same. */
  unlock(input: UnlockScope, options?: CallOptions): Promise<RiskLock>;
  /** A page when awaited; all of them by `for await`. */
  listLocks(input?: ListLocks, options?: CallOptions): Listing<RiskLock>;
}
