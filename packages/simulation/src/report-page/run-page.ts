import type { Decimal, Instant } from '@tse/core';
import type { Report } from '../report.ts';

/** Up to so many of a series are read, and of those so many are shown: the page stays small whatever the run was. */
export interface Sampled<T> {
  readonly shown: readonly T[];
  /** How many were read. */
  readonly of: number;
  /** There were more than were read. */
  readonly cut: boolean;
}

export type Point = readonly [at: Instant, value: Decimal];

/** When the depeg, crash or other cause began, and when the first alert told of it; in business time. */
export interface Detection {
  readonly changedAt: string;
  readonly alertAt?: string;
  readonly seconds?: number;
}

export interface PriceLine {
  readonly symbol: string;
  /** Who told of it: a venue, or the run of a price scenario. */
  readonly source: string;
  readonly points: Sampled<Point>;
}

/** By how much each kind of cause moved a price in one span of time, from the true causes of its moves. */
export interface CauseSpan {
  readonly at: Instant;
  readonly deltas: Readonly<Record<string, Decimal>>;
}

export interface CausedMove {
  readonly at: Instant;
  readonly from: Decimal;
  readonly to: Decimal;
  readonly causes: readonly { readonly kind: string; readonly causeId?: string; readonly delta: Decimal }[];
}

/** What moved one symbol in one run of a price scenario. */
export interface Causes {
  readonly symbol: string;
  readonly scenarioRunId: string;
  readonly seed: string;
  readonly moves: number;
  /** Sums of all deltas, by kind of cause: together they are the whole move, to the last digit. */
  readonly totals: Readonly<Record<string, Decimal>>;
  readonly spans: readonly CauseSpan[];
  /** The spans are those around what was done to the price, not all of the run. */
  readonly isAround: boolean;
  readonly largest: readonly CausedMove[];
}

export interface ManipulationSpan {
  readonly manipulationId: string;
  readonly symbol: string;
  readonly kind: string;
  readonly effect: string;
  readonly state: string;
  /** While it was active; the last may be open. */
  readonly active: readonly { readonly from: Instant; readonly to?: Instant }[];
}

export interface DepthLevel {
  readonly price: Decimal;
  readonly quantity: Decimal;
  readonly orders: number;
}
export interface Depth {
  readonly symbol: string;
  readonly sequence: number;
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
}

/** What risk holds of an account at a venue, or trading of a deployment. */
export interface PositionRow {
  readonly by: 'risk' | 'trading';
  readonly owner: string;
  readonly symbol: string;
  readonly quantity: Decimal;
  readonly averagePrice?: Decimal;
  readonly realized: Decimal;
  readonly fees: Decimal;
}
export interface PositionLine {
  readonly account: string;
  readonly symbol: string;
  readonly points: Sampled<Point>;
}
/** A profit and loss: risk's of an account or the firm, trading's of a deployment. */
export interface ResultLine {
  readonly by: 'risk' | 'trading';
  readonly owner: string;
  readonly currency: string;
  readonly total?: Decimal;
  readonly realized?: Decimal;
  readonly unrealized?: Decimal;
  readonly fees?: Decimal;
  readonly points: Sampled<Point>;
}

export interface LimitRow {
  readonly limitId: string;
  readonly metric: string;
  readonly scope: string;
  readonly soft?: Decimal;
  readonly hard?: Decimal;
  readonly use: readonly {
    readonly subject?: string;
    readonly observed?: Decimal;
    readonly ratio?: number;
    readonly code?: string;
  }[];
  /** What checks before orders measured, each with the order it was asked for. */
  readonly checks: Sampled<{ readonly at: Instant; readonly observed: Decimal; readonly refused: boolean }>;
}

/** One step of how a breach went on, whoever took it. */
export interface BreachStep {
  readonly at: Instant;
  readonly what: string;
  readonly detail?: string;
  readonly observed?: Decimal;
}
export interface BreachRow {
  readonly breachId: string;
  readonly limitId: string;
  readonly scope: string;
  readonly subject?: string;
  readonly severity: string;
  readonly peak: Decimal;
  readonly limit: Decimal;
  readonly openedAt: Instant;
  readonly clearedAt?: Instant;
  readonly steps: readonly BreachStep[];
}

export interface SettlementDay {
  /** A day, or a month where there are very many days. */
  readonly due: string;
  readonly byStatus: Readonly<Record<string, number>>;
}
export interface LateSettlement {
  readonly settlementId: string;
  readonly reference: string;
  readonly due: string;
  readonly status: string;
  readonly legs: readonly {
    readonly kind: string;
    readonly from: string;
    readonly to: string;
    readonly asset: string;
    readonly quantity: Decimal;
  }[];
  readonly fail?: {
    readonly failedAt: Instant;
    readonly reason: string;
    readonly businessDays: number;
    readonly endedAt?: Instant;
  };
  readonly steps: readonly { readonly at: Instant; readonly what: string; readonly detail?: string }[];
}
export interface Settlements {
  readonly total: number;
  readonly cut: boolean;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly days: readonly SettlementDay[];
  readonly late: readonly LateSettlement[];
  readonly fails: number;
}

/** One event of the chain, in the order in which it is to be read. */
export interface ChainStep {
  /** Below zero what it followed from, 0 the event itself, above zero what followed. */
  readonly depth: number;
  readonly type: string;
  readonly source: string;
  readonly aggregateId: string;
  readonly position: number;
  readonly occurredAt: Instant;
  /** Milliseconds since the first event of the chain, by the clocks of those who wrote. */
  readonly beganMs: number;
  readonly endedMs: number;
  /** From its cause; none of the first. */
  readonly hopMs?: number;
  readonly businessHopMs?: number;
}
export interface Chain {
  /** What it is the chain of. */
  readonly title: string;
  readonly steps: readonly ChainStep[];
  readonly of: number;
  readonly cut: boolean;
}

export interface TestRun {
  readonly runId: string;
  readonly scenarioName: string;
  readonly status: string;
  readonly deviated: boolean;
  readonly score?: number;
  readonly seed: string;
  readonly startedAt?: Instant;
  readonly endedAt?: Instant;
  readonly faults: readonly {
    readonly faultId: string;
    readonly target: string;
    readonly kind: string;
    readonly state: string;
    readonly injectedAt?: Instant;
    readonly endedAt?: Instant;
    readonly detectionMs?: number;
    readonly recoveryMs?: number;
  }[];
  readonly probes: readonly {
    readonly path: string;
    readonly probe: string;
    readonly verdict: string;
    readonly expected?: string;
    readonly actual?: string;
    readonly error?: string;
  }[];
  readonly changes: readonly {
    readonly schema: string;
    readonly object: string;
    readonly change: string;
    readonly rowsBefore?: number;
    readonly rowsAfter?: number;
  }[];
}

/** All that the page of a run shows: plain data, read from the adapters' ports when the run is over. */
export interface RunPage {
  readonly report: Report;
  readonly symbol: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly detection?: Detection;
  readonly run?: TestRun;
  readonly prices: readonly PriceLine[];
  readonly causes: readonly Causes[];
  readonly manipulations: readonly ManipulationSpan[];
  readonly depth: readonly Depth[];
  readonly positions: readonly PositionRow[];
  readonly positionLines: readonly PositionLine[];
  readonly results: readonly ResultLine[];
  readonly limits: readonly LimitRow[];
  readonly breaches: readonly BreachRow[];
  /** How many checks before orders there were. */
  readonly checks: { readonly allowed: number; readonly denied: number; readonly cut: boolean };
  readonly settlements: Settlements;
  readonly chains: readonly Chain[];
}
