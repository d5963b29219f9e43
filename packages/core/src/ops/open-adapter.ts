import { hostname } from 'node:os';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import { Epoch } from '../consistency/epoch.ts';
import { LeaseRepository } from '../consistency/leases.ts';
import { RunFenceRepository } from '../consistency/run-fences.ts';
import { EventInbox } from '../events/inbox.ts';
import { Relay } from '../events/relay.ts';
import { type AdapterOptions, adapterConfig } from '../pipe/config.ts';
import { type Identity, identify } from '../pipe/identity.ts';
import { Pipe } from '../pipe/run.ts';
import { Telemetry, defaultLogger } from '../pipe/telemetry.ts';
import { Postgres } from '../postgres/postgres.ts';
import { type KeyFamily, type KeyOf, coreFamilies, keysOf } from '../redis/keys.ts';
import { Redis } from '../redis/redis.ts';
import { uuidv7Ids } from '../values/id.ts';
import { systemClock } from '../values/instant.ts';
import type { BaseAdapter } from './base-adapter.ts';
import type { Projection } from '../consistency/drift.ts';
import { closeAdapter } from './close-adapter.ts';
import { CopyCheck } from './copy-check.ts';
import { epochCheck } from './epoch-check.ts';
import { evictionCheck } from './eviction.ts';
import { Health, type HealthContribution, type Store } from './health.ts';
import { observeAdapter } from './metrics.ts';
import { partitionsWorker } from './partitions.worker.ts';
import { waitUntilReady } from './ready.ts';
import { schemaCheck } from './schema-check.ts';
import { ServiceCacheStore } from './service-cache.store.ts';
import { ServiceStore } from './services.store.ts';
import { type Worker, Workers } from './worker.ts';

/** What an adapter is opened with. */
export interface AdapterOpening<Name extends string> {
  identity: Identity;
  /** The key families of its `keys.ts`, without those that every adapter has. */
  families: Record<Name, KeyFamily>;
  /** The last migration that its code builds on: `0003_add_holds`. */
  minSchema: string;
  options?: AdapterOptions | undefined;
  /** The stores without which it cannot do what it is for: PostgreSQL by default. Without another one it is `degraded`. */
  critical?: readonly Store[];
  /** It answers from Redis first: what it holds there must not be evictable, and is rebuilt where its epoch is not that of PostgreSQL. */
  redisFirst?: boolean;
  /** Its tables that are partitioned by month: a worker makes their partitions ahead. */
  partitioned?: readonly string[];
}

/** What an adapter adds to what every adapter has. */
export interface Mounted {
  workers?: readonly Worker[];
  checks?: readonly HealthContribution[];
  /** What it holds in Redis as copies of PostgreSQL: a worker compares and repairs them. */
  projections?: readonly Projection[];
  /** What is called on close, after the last call and worker have ended and before the stores are closed. */
  flush?: readonly (() => Promise<unknown>)[];
}

/** The parts that an adapter's composition root puts together. */
export interface OpenedAdapter<Name extends string> {
  /** What repositories and stores are made of. */
  readonly context: AdapterContext;
  readonly keys: Record<Name, KeyOf>;
  /** Archivers and workers wait for theirs here. */
  readonly leases: LeaseRepository;
  /** Where stores say how they rebuild what they hold in Redis, and ask before they believe it. */
  readonly epoch: Epoch;
  /** Woken by whoever has committed events; told of by hooks before they are published. */
  readonly relay: Relay;
  readonly inbox: EventInbox;
  /** Starts the workers and answers what every adapter has: the last line but one of an `adapter.ts`. */
  readonly mount: (mounted?: Mounted) => BaseAdapter;
}

const CLOSE_WITHIN_MS = 10_000;

/** Opens an adapter: synchronous, and nothing connects before it is used. A malformed setting throws, by its name. */
export function openAdapter<Name extends string>(opening: AdapterOpening<Name>): OpenedAdapter<Name> {
  const { families, minSchema, options = {}, critical = ['postgres'], redisFirst = false, partitioned = [] } = opening;
  const nouns = [...Object.values<KeyFamily>(coreFamilies), ...Object.values<KeyFamily>(families)].map(
    ({ noun }) => noun,
  );
  const identity = identify(opening.identity, options.instance, nouns);
  const config = adapterConfig(identity, options);
  const { name, label, prefix } = identity;
  const telemetry = new Telemetry(
    { adapter: name, adapter_instance: label },
    { logger: options.logger ?? defaultLogger(config.logLevel), metrics: options.metrics, tracer: options.tracer },
  );
  const connectionName =
    `tse-${name}${identity.instance === undefined ? '' : `-${identity.instance}`}@${hostname()}`.slice(0, 63);
  const pipe = new Pipe(name, telemetry);
  const pg = new Postgres(config, connectionName, telemetry);
  const redis = new Redis(config.redis, connectionName, telemetry);
  const workers = new Workers(telemetry, config.workers);
  const health = new Health({ identity, telemetry, pg, redis, workers, critical });
  const schema = schemaCheck(pg, { schema: opening.identity.schema, minSchema });
  health.contribute(schema);
  const partitions = partitioned.length > 0 ? [partitionsWorker(pg, telemetry, partitioned)] : [];
  for (const each of partitions) health.contribute(each);

  let used = false;
  const firstUse = () => {
    used = true;
    void health.check();
  };
  const context: AdapterContext = {
    identity,
    config,
    run: (op, input, callOptions, task) => {
      if (!used) firstUse();
      return pipe.run(op, input, callOptions, task);
    },
    pg,
    redis,
    coreKeys: keysOf(prefix, coreFamilies),
    telemetry,
    clock: options.clock ?? systemClock,
    ids: options.ids ?? uuidv7Ids,
  };
  const services = new ServiceStore(context);
  const leases = new LeaseRepository(context);
  const epoch = new Epoch(context, leases);
  const relay = new Relay(context, leases);
  const inbox = new EventInbox(context, leases);
  health.contribute(inbox);
  if (redisFirst) for (const check of [evictionCheck(redis), epochCheck(epoch)]) health.contribute(check);

  const mount = ({ workers: own = [], checks = [], projections = [], flush = [] }: Mounted = {}): BaseAdapter => {
    const copies = new CopyCheck(context, projections);
    const compared = projections.length > 0 ? [copies] : [];
    for (const check of [...checks, ...compared]) health.contribute(check);
    workers.start([relay, ...partitions, ...(redisFirst ? [epoch] : []), ...own, ...compared]);
    if (workers.health().some(({ state }) => state === 'running')) firstUse();
    const endMetrics = observeAdapter({ telemetry, pg, workers, lastHealth: () => health.last });
    let closing: Promise<void> | undefined;
    const close = ({ deadlineMs = CLOSE_WITHIN_MS }: { deadlineMs?: number | undefined } = {}) =>
      (closing ??= closeAdapter(
        { pipe, workers, inbox, leases, services, flush, redis, pg, telemetry },
        deadlineMs,
      ).finally(endMetrics));
    return {
      identity,
      leases,
      runFences: new RunFenceRepository(context),
      inbox,
      services,
      cache: new ServiceCacheStore(context),
      metrics: telemetry.registry,
      ready: (ready) => waitUntilReady({ identity, pg, redis, critical, checkSchema: schema.refuse }, ready),
      health: () => health.check(),
      catchUp: () => workers.catchUp(),
      flushEvents: (callOptions) => relay.flush(callOptions),
      verifyCopies: (options) => copies.verify(options),
      close,
      [Symbol.asyncDispose]: () => close(),
    };
  };
  return { context, keys: keysOf(prefix, families), leases, epoch, relay, inbox, mount };
}
