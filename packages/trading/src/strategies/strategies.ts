import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  idInput,
  jsonObjectInput,
  pageFields,
  positiveAmount,
  symbolInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type StrategyKind, type StrategyStatus, strategyKinds, strategyStatuses } from './strategy-states.ts';

/** A strategy, whose versions never change. */
export interface Strategy {
  id: string;
  name: string;
  kind: StrategyKind;
  symbols: string[];
  status: StrategyStatus;
  /** Absent until the first version is published. */
  latestVersion?: number;
  version: number;
  createdAt: Instant;
}

/** Code and parameters as they run; never changed. */
export interface StrategyVersion {
  strategyId: string;
  version: number;
  codeHash: string;
  params: Record<string, unknown>;
  paramsHash: string;
  engineVersion?: string;
  maxPosition?: Decimal;
  maxDailyLoss?: Decimal;
  maxLeverage?: Decimal;
  publishedAt: Instant;
}

/** What a strategy was with each of its versions. */
export interface StrategyEvent {
  version: number;
  type: 'created' | 'changed' | 'version-published';
  status: StrategyStatus;
  latestVersion?: number;
  reason?: string;
  actor?: string;
  occurredAt: Instant;
}

const name = textInput(200);
const symbols = z.array(symbolInput).min(1).max(100);

/** The same `strategyId` with the same content answers the strategy that stands; with other content it is a conflict. */
export const createStrategy = z.strictObject({
  strategyId: idInput.optional(),
  name,
  kind: z.enum(strategyKinds).default('custom'),
  symbols,
});
export type CreateStrategy = z.input<typeof createStrategy>;

/** What is left out stays as it is. With `version` the change is refused if the strategy was changed since. */
export const changeStrategy = z
  .strictObject({
    strategyId: idInput,
    version: z.int().positive().optional(),
    status: z.enum(strategyStatuses).optional(),
    name: name.optional(),
    symbols: symbols.optional(),
    reason: textInput(200).optional(),
  })
  .refine((change) => change.status !== undefined || change.name !== undefined || change.symbols !== undefined, {
    message: 'expected, or name or symbols',
    path: ['status'],
  });
export type ChangeStrategy = z.input<typeof changeStrategy>;

/** The limits are those that the strategy sets itself; a risk monitor has its own. They are part of what the version is. */
export const publishVersion = z.strictObject({
  strategyId: idInput,
  codeHash: textInput(128),
  params: jsonObjectInput(65_536).default({}),
  engineVersion: textInput(64).optional(),
  maxPosition: positiveAmount.optional(),
  maxDailyLoss: positiveAmount.optional(),
  maxLeverage: positiveAmount.optional(),
});
export type PublishVersion = z.input<typeof publishVersion>;

export const getStrategyVersion = z.strictObject({
  strategyId: idInput,
  version: z
    .int()
    .positive()
    .max(2 ** 31 - 1),
});
export type GetStrategyVersion = z.input<typeof getStrategyVersion>;

/** In the order of their ids. */
export const listStrategies = z.strictObject({
  status: z.enum(strategyStatuses).optional(),
  kind: z.enum(strategyKinds).optional(),
  symbol: symbolInput.optional(),
  ...pageFields(idInput),
});
export type ListStrategies = z.input<typeof listStrategies>;

/** Newest first. */
export const listStrategyVersions = z.strictObject({ strategyId: idInput, ...pageFields(z.int().max(2 ** 31 - 1)) });
export type ListStrategyVersions = z.input<typeof listStrategyVersions>;

/** Codes with which strategies refuse. */
export type StrategyRefusal =
  | 'unknown-strategy'
  | 'unknown-strategy-version'
  | 'id-conflict'
  | 'stale-version'
  | 'illegal-transition'
  | 'strategy-retired';

/**
 * Strategies and their immutable versions: orders, positions, backtests and metrics point at the version that made them. Errors are
 * `not-found` or `conflict` with a `StrategyRefusal` as code.
 */
export interface Strategies {
  /** Creates a strategy; its versions follow. `id-conflict` where the id has other content. */
  create(input: CreateStrategy, options?: CallOptions): Promise<Strategy>;
  /** Pauses, resumes, renames; retires for good what nobody deploys any more. History is never deleted. */
  change(input: ChangeStrategy, options?: CallOptions): Promise<Strategy>;
  /** The same code, parameters and limits are the version they already have. */
  publishVersion(input: PublishVersion, options?: CallOptions): Promise<StrategyVersion>;
  /** Nothing where there is none. */
  find(strategyId: string, options?: CallOptions): Promise<Strategy | undefined>;
  /** Refused as `not-found` where there is none. */
  get(strategyId: string, options?: CallOptions): Promise<Strategy>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListStrategies, options?: CallOptions): Listing<Strategy>;
  /** Refused as `not-found` where there is none. */
  getVersion(input: GetStrategyVersion, options?: CallOptions): Promise<StrategyVersion>;
  /** A page when awaited; all of them by `for await`. */
  listVersions(input: ListStrategyVersions, options?: CallOptions): Listing<StrategyVersion>;
  /** All of them. */
  listEvents(strategyId: string, options?: CallOptions): Promise<StrategyEvent[]>;
}
