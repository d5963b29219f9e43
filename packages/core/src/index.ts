export {
  type Decimal,
  type Rounding,
  anyAmount,
  decimal,
  nonNegativeAmount,
  positiveAmount,
} from './values/decimal.ts';
export { durationInput, parseDuration } from './values/duration.ts';
export { type Ids, assetInput, idInput, symbolInput, textInput, uuidv7Ids } from './values/id.ts';
export { type Clock, type Instant, instant, instantInput, parseInstant, systemClock } from './values/instant.ts';
export { jsonInput, jsonObjectInput } from './values/json.ts';
export {
  type ProofStep,
  type SumLeaf,
  type SumNode,
  commitLeaves,
  commitment,
  leafNode,
  leafSalts,
  sumProof,
  sumRoot,
  sumRoots,
  verifyCommitted,
  verifySumProof,
} from './values/merkle-sum-tree.ts';
export { type CursorKey, type Listing, type Page, encodeCursor, listing, pageFields, toPage } from './values/page.ts';
export { requestHash } from './values/request-hash.ts';
export { type BreakerState } from './pipe/breaker.ts';
export { type AdapterConfig, type AdapterOptions, type Password, adapterConfig } from './pipe/config.ts';
export {
  type CallOptions,
  type Context,
  type ContextInput,
  type WriteContext,
  currentContext,
  withContext,
  writeContext,
} from './pipe/context.ts';
export {
  AdapterError,
  ConflictError,
  type Details,
  type ErrorKind,
  InternalError,
  InvalidInputError,
  type Issue,
  NotFoundError,
  OutcomeUnknownError,
  UnavailableError,
  isAdapterError,
  refusal,
} from './pipe/errors.ts';
export { type Identity, type InstanceIdentity, identify } from './pipe/identity.ts';
export { type Problem, toProblem } from './pipe/problem.ts';
export { type Operation, Pipe, operation } from './pipe/run.ts';
export { Telemetry, type TelemetryOptions, defaultLogger, describeError } from './pipe/telemetry.ts';
export { arrayLiteral, compositeLiteral, contextLiteral } from './postgres/codecs.ts';
export { Postgres, type Queries } from './postgres/postgres.ts';
export { type SchemaNeeds, type SchemaState, schemaState } from './postgres/schema-version.ts';
export {
  type Mode,
  type SqlValue,
  type Statement,
  answers,
  functionCall,
  queryBuilder,
  statement,
} from './postgres/statement.ts';
export { type KeyFamily, type KeyOf, coreFamilies, keyFamilies, keysOf } from './redis/keys.ts';
export { Redis } from './redis/redis.ts';
export { type Script, script } from './redis/script.ts';
export type { AdapterContext } from './consistency/adapter-context.ts';
export { type ArchiveSource, Archiver, type ArchiverOptions } from './consistency/archiver.ts';
export { Batcher, type BatcherOptions, type Member } from './consistency/batcher.ts';
export { Cache, type CacheOptions } from './consistency/cache.ts';
export { type Copy, type CopyFormat, CopyStore } from './consistency/copies.ts';
export {
  type Difference,
  type Drift,
  type DriftKind,
  type DriftReport,
  type Projection,
  type Versioned,
  differenceOf,
} from './consistency/drift.ts';
export { type Epoch, type EpochState } from './consistency/epoch.ts';
export type { Lease } from './consistency/lease.ts';
export { type HoldOptions, type LeaseRepository, type Leases } from './consistency/leases.ts';
export { Loader, type LoaderOptions } from './consistency/loader.ts';
export { RecentIds } from './consistency/recent-ids.ts';
export {
  type RunFences,
  type TestRunRef,
  bothOrNeither,
  bothOrNeitherIssue,
  testRunFields,
  testRunInput,
} from './consistency/run-fences.ts';
export type { Consumer } from './events/consumer.ts';
export {
  type DeadLetter,
  DeadLetterNotFoundError,
  type DeadLetters,
  type ListDeadLetters,
  type RetryDeadLetter,
  listDeadLetters,
  retryDeadLetter,
} from './events/dead-letters.ts';
export type { Published, StreamedEvent } from './events/envelope.ts';
export {
  type Envelope,
  type Event,
  type EventCatalog,
  type EventDefinition,
  type EventOf,
  type EventType,
  defineEvents,
} from './events/event.ts';
export type { ReaderHealth, ReaderState } from './events/event-reader.ts';
export type { FollowOptions, Follower } from './events/follow.ts';
export { type ConsumeOptions, EventInbox, type Inbox } from './events/inbox.ts';
export { type Feed, type FeedCause, type FeedEvent, causeOf, definePriceFeed } from './events/price-feed.ts';
export type { BeforePublish, CommittedEvent, Relay } from './events/relay.ts';
export { acceptRestoredDatabase, replayEvents } from './events/replay.ts';
export type { BaseAdapter, CloseOptions } from './ops/base-adapter.ts';
export type { CopyReports, VerifyCopiesOptions } from './ops/copy-check.ts';
export type { AdapterHealth, CheckHealth, Finding, HealthContribution, Store } from './ops/health.ts';
export { type OpsHandler, type OpsOptions, opsHandler } from './ops/http.ts';
export { type AdapterOpening, type Mounted, type OpenedAdapter, openAdapter } from './ops/open-adapter.ts';
export type { Adapters } from './ops/readiness.ts';
export type { ReadyOptions } from './ops/ready.ts';
export { type Service, type ServiceOptions, runService } from './ops/run-service.ts';
export {
  type CacheGroup,
  type Json,
  NotACounterError,
  NotCachedError,
  type ServiceCache,
  type SetCachedOptions,
  extendCached,
  findCached,
  incrementCached,
  listCached,
  setCached,
} from './ops/service-cache.ts';
export {
  type DiscoverOptions,
  type Heartbeat,
  type ListServices,
  type RegisterService,
  type RegisteredService,
  type Registration,
  ServiceNotFoundError,
  type Services,
  discoverServices,
  findService,
  heartbeat,
  listServices,
  registerService,
} from './ops/services.ts';
export type { StoreHealth, StoreState } from './ops/store-watch.ts';
export { type PolledWork, dueWorker, pollingWorker } from './ops/polling-worker.ts';
export type { Worker, WorkerHealth, WorkerSelection } from './ops/worker.ts';
