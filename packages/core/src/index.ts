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
export {
  type CursorKey,
  type Listing,
  type Page,
  decodeCursor,
  encodeCursor,
  listing,
  pageInput,
  toPage,
} from './values/page.ts';
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
} from './pipe/errors.ts';
export { type Identity, type InstanceIdentity, identify } from './pipe/identity.ts';
export { type Problem, toProblem } from './pipe/problem.ts';
export { type Operation, Pipe, operation } from './pipe/run.ts';
export { Telemetry, type TelemetryOptions, defaultLogger, describeError } from './pipe/telemetry.ts';
export { arrayLiteral, compositeLiteral } from './postgres/codecs.ts';
export { Postgres, type Queries } from './postgres/postgres.ts';
export { type Mode, type Statement, queryBuilder, statement } from './postgres/statement.ts';
export { type KeyFamily, type KeyOf, coreFamilies, keyFamilies, keysOf } from './redis/keys.ts';
export { Redis } from './redis/redis.ts';
export { type Script, script } from './redis/script.ts';
export type { AdapterContext } from './consistency/adapter-context.ts';
