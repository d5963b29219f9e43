import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  pageFields,
} from '@tse/core';
import { z } from 'zod';
import { type Severity, severities } from '../alerts/severities.ts';
import { type Scope, scopeInput } from '../limits/scopes.ts';

/** A limit that is exceeded, from the time it fired until it is kept again. It always has its alert. */
export interface Breach {
  breachId: string;
  limitId: string;
  /** Under which it was observed last. */
  limitVersion: number;
  scope: Scope;
  /** The symbol, where the limit counts each by itself. */
  subject?: string;
  severity: Severity;
  observed: Decimal;
  /** The highest that was observed. */
  peak: Decimal;
  limit: Decimal;
  alertId: string;
  openedAt: Instant;
  clearedAt?: Instant;
}

/** One change of a breach. */
export interface BreachEvent {
  type: 'opened' | 'worsened' | 'improved' | 'cleared';
  severity: Severity;
  observed: Decimal;
  limitVersion: number;
  occurredAt: Instant;
}

/** Newest first. */
export const listBreaches = z.strictObject({
  limitId: idInput.optional(),
  scope: scopeInput.optional(),
  severity: z.enum(severities).optional(),
  state: z.enum(['open', 'cleared']).optional(),
  from: instantInput.optional(),
  until: instantInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListBreaches = z.input<typeof listBreaches>;

/** What one evaluation looked at and changed. */
export interface Evaluation {
  /** Limits (and symbols, where each counts by itself) that were looked at. */
  evaluated: number;
  /** Alerts that opened, changed or closed by it. */
  changed: number;
  /** What could not be told, for want of a price or valuation: each has an alert of the kind `no-data`. */
  unknown: number;
  at: Instant;
}

/** Codes with which breaches refuse. */
export type BreachRefusal = 'unknown-breach';

/** Breaches of limits, found by comparing what is with what may be: by the worker `watch-limits`, or when asked to. */
export interface Breaches {
  /** Compares all limits now, and opens, changes and ends breaches with their alerts. */
  evaluate(options?: CallOptions): Promise<Evaluation>;
  /** Nothing where there is none. */
  find(breachId: string, options?: CallOptions): Promise<Breach | undefined>;
  /** Refused as `not-found` where there is none. */
  get(breachId: string, options?: CallOptions): Promise<Breach>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListBreaches, options?: CallOptions): Listing<Breach>;
  /** Oldest first. */
  listEvents(breachId: string, options?: CallOptions): Promise<BreachEvent[]>;
}
