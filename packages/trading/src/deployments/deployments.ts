import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  assetInput,
  bothOrNeither,
  bothOrNeitherIssue,
  durationInput,
  idInput,
  jsonObjectInput,
  pageFields,
  positiveAmount,
  testRunFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type DeploymentState, type DeploymentWish, deploymentStates, deploymentWishes } from './deployment-states.ts';

export const deploymentModes = ['live', 'paper'] as const;
export const positionModes = ['netting', 'hedging'] as const;
export const lotMethods = ['fifo', 'lifo', 'hifo', 'specific'] as const;
/** With real orders, or on paper. */
export type DeploymentMode = (typeof deploymentModes)[number];
/** `netting`: one position a symbol. `hedging`: long and short beside each other. */
export type PositionMode = (typeof positionModes)[number];
/** Which lots a closing fill uses up first. */
export type LotMethod = (typeof lotMethods)[number];

/** One running strategy version, on one account of one venue. */
export interface Deployment {
  id: string;
  strategyId: string;
  strategyVersion: number;
  mode: DeploymentMode;
  accountId: string;
  venue: string;
  /** In which its portfolio is valued. */
  currency: string;
  startingEquity: Decimal;
  positionMode: PositionMode;
  /** Which lots a closing takes first. */
  lotMethod: LotMethod;
  desired: DeploymentWish;
  actual: DeploymentState;
  reason?: string;
  /** Grows with each process that attaches; what one of a lower epoch sends is refused. */
  epoch: number;
  /** The database's time: whether the process lives is no matter of business time. */
  heartbeatAt?: Instant;
  version: number;
  createdAt: Instant;
  stoppedAt?: Instant;
}

/** What a deployment was with each of its versions. */
export interface DeploymentEvent {
  version: number;
  type: 'created' | 'attached' | 'wished' | 'reported' | 'interrupted';
  desired: DeploymentWish;
  actual: DeploymentState;
  epoch: number;
  reason?: string;
  actor?: string;
  /** The test run that it was done for. */
  run?: string;
  fence?: number;
  occurredAt: Instant;
}

/** What a strategy must know to go on where it was. */
export interface StrategyState {
  deploymentId: string;
  epoch: number;
  sequence: number;
  state: Record<string, unknown>;
  savedAt: Instant;
}

const version = z.int().positive();
const epoch = z.int().nonnegative();

/** The same `deploymentId` with the same content answers the deployment that stands; with other content it is a conflict. */
export const createDeployment = z.strictObject({
  deploymentId: idInput.optional(),
  strategyId: idInput,
  strategyVersion: version.max(2 ** 31 - 1),
  mode: z.enum(deploymentModes).default('paper'),
  accountId: idInput,
  /** The instance name of the exchange. */
  venue: idInput.default('exchange'),
  currency: assetInput.default('USD'),
  startingEquity: positiveAmount,
  positionMode: z.enum(positionModes).default('netting'),
  lotMethod: z.enum(lotMethods).default('fifo'),
});
export type CreateDeployment = z.input<typeof createDeployment>;

/** With `epoch` it attaches only where that is still the epoch: of two that try, one gets it. */
export const attachDeployment = z.strictObject({ deploymentId: idInput, epoch: epoch.optional() });
export type AttachDeployment = z.input<typeof attachDeployment>;

/** With `run` and `fence` it is wished for a test run, and refused below a fence that was seen of it. */
export const wishDeployment = z
  .strictObject({
    deploymentId: idInput,
    desired: z.enum(deploymentWishes),
    version: version.optional(),
    reason: textInput(200).optional(),
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue);
export type WishDeployment = z.input<typeof wishDeployment>;

export const reportDeployment = z.strictObject({
  deploymentId: idInput,
  epoch,
  actual: z.enum(['running', 'paused', 'stopped', 'failed']),
  reason: textInput(200).optional(),
});
export type ReportDeployment = z.input<typeof reportDeployment>;

export const beatDeployment = z.strictObject({ deploymentId: idInput, epoch });
export type BeatDeployment = z.input<typeof beatDeployment>;

/** Those without a heartbeat for `silentFor`, by the database's clock; `PT0S`: all that seem to run. */
export const interruptDeployments = z.strictObject({
  silentFor: durationInput.default(60_000),
  reason: textInput(200).default('no heartbeat'),
  limit: z.int().min(1).max(1000).default(100),
});
export type InterruptDeployments = z.input<typeof interruptDeployments>;

/** A later `sequence` of the same epoch, or any of a higher one, takes the place of what is there. */
export const saveState = z.strictObject({
  deploymentId: idInput,
  epoch,
  sequence: z.int().nonnegative(),
  state: jsonObjectInput(262_144),
});
export type SaveState = z.input<typeof saveState>;

/** In the order of their ids. */
export const listDeployments = z.strictObject({
  strategyId: idInput.optional(),
  accountId: idInput.optional(),
  mode: z.enum(deploymentModes).optional(),
  actual: z.array(z.enum(deploymentStates)).min(1).optional(),
  ...pageFields(idInput),
});
export type ListDeployments = z.input<typeof listDeployments>;

/** Codes with which deployments refuse. */
export type DeploymentRefusal =
  | 'unknown-deployment'
  | 'unknown-strategy-version'
  | 'strategy-not-active'
  | 'id-conflict'
  | 'stale-version'
  | 'stale-epoch'
  | 'stale-fence'
  | 'stale-sequence'
  | 'deployment-stopped'
  | 'illegal-transition';

/**
 * The life of deployments: an operator wishes, the process that runs it reports, under the epoch it got when it attached. Errors are
 * `not-found` or `conflict` with a `DeploymentRefusal` as code.
 */
export interface Deployments {
  /** Deploys a version of a strategy on an account. Refused with `unknown-strategy-version`, `strategy-not-active`. */
  create(input: CreateDeployment, options?: CallOptions): Promise<Deployment>;
  /** The caller's process runs it from now on. One that still seemed to run it is interrupted, and refused from here on. */
  attach(input: AttachDeployment, options?: CallOptions): Promise<Deployment>;
  /** Says what it should do: run, pause, stop. Whoever runs it follows. Refused with `stale-fence`. */
  wish(input: WishDeployment, options?: CallOptions): Promise<Deployment>;
  /** Says what it does. Refused with `stale-epoch` where somebody attached since. */
  report(input: ReportDeployment, options?: CallOptions): Promise<Deployment>;
  /** Answers what its operator wishes it to do. */
  beat(input: BeatDeployment, options?: CallOptions): Promise<DeploymentWish>;
  /** For the start of a service: whoever ran these is gone. Answers their ids. */
  interruptSilent(input?: InterruptDeployments, options?: CallOptions): Promise<string[]>;
  /** Keeps what the strategy needs to go on after a restart, 256 KiB of JSON at most. Refused with `stale-epoch`, `stale-sequence`. */
  saveState(input: SaveState, options?: CallOptions): Promise<StrategyState>;
  /** Nothing where there is none. */
  findState(deploymentId: string, options?: CallOptions): Promise<StrategyState | undefined>;
  /** Nothing where there is none. */
  find(deploymentId: string, options?: CallOptions): Promise<Deployment | undefined>;
  /** Refused as `not-found` where there is none. */
  get(deploymentId: string, options?: CallOptions): Promise<Deployment>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListDeployments, options?: CallOptions): Listing<Deployment>;
  /** All of them. */
  listEvents(deploymentId: string, options?: CallOptions): Promise<DeploymentEvent[]>;
}
