import type { AdapterConfig } from '../pipe/config.ts';
import type { InstanceIdentity } from '../pipe/identity.ts';
import type { Pipe } from '../pipe/run.ts';
import type { Telemetry } from '../pipe/telemetry.ts';
import type { Postgres } from '../postgres/postgres.ts';
import type { KeyOf, coreFamilies } from '../redis/keys.ts';
import type { Redis } from '../redis/redis.ts';
import type { Ids } from '../values/id.ts';
import type { Clock } from '../values/instant.ts';

/** What an adapter's classes are made of: one plain object, built once in `adapter.ts` and handed to each constructor. */
export interface AdapterContext {
  readonly identity: InstanceIdentity;
  readonly config: AdapterConfig;
  /** Runs one call of a port: parses, times, traces, maps errors. Every public method is one call of it. */
  readonly run: Pipe['run'];
  readonly pg: Postgres;
  readonly redis: Redis;
  /** Keys of the families that every adapter has. */
  readonly coreKeys: Record<keyof typeof coreFamilies, KeyOf>;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly ids: Ids;
}
