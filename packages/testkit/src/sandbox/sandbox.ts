import type { AdapterOptions, BaseAdapter, Ids } from '@tse/core';
import type { AdminAccess } from '@tse/core/admin';
import { Registry } from 'prom-client';
import { type ManualClock, manualClock } from '../clock/manual-clock.ts';
import { seededIds } from '../clock/seeded-ids.ts';
import { type FaultProxy, startProxy } from '../faults/proxy.ts';
import type { ProvidedServers } from '../vitest/provided.ts';
import { capturedLogs } from './captured-logs.ts';

import { fund } from './funding.ts';
import { type OwnInstance, type SandboxDefinition, freshName, ownInstance } from './own-instance.ts';
import { type SandboxEvents, streamEvents } from './stream-events.ts';
import { testServers } from './test-servers.ts';
import { wireInbox } from './wired-inbox.ts';

/** A `create…Adapter`. */
export type AdapterFactory<Adapter extends BaseAdapter = BaseAdapter> = ((options?: AdapterOptions) => Adapter) & {
  readonly definition: SandboxDefinition;
};
/** The adapters of a sandbox, by the test's own names. */
export type Factories = Readonly<Record<string, AdapterFactory>>;

/** How a sandbox is set up. */
export interface SandboxOptions {
  /** Admin URLs; by default those of vitest's global setup, of `TSE_TEST_…_URL`, or of servers started for this process. */
  readonly servers?: ProvidedServers;
  /** Where the clock starts: 2026-01-01T00:00:00Z by default. */
  readonly start?: string | Date;
  /** Of the ids: 1 by default. */
  readonly seed?: number | string;
  /** Laid over the options of every adapter: `{ workers: false }`. */
  readonly options?: AdapterOptions;
}

/** Beside the adapters, each under its key, what a test needs to move, break and watch them. */
export interface Box<F extends Factories> extends AsyncDisposable {
  /** Business time of all adapters; it stands still until it is moved. */
  readonly clock: ManualClock;
  readonly ids: Ids;
  /** Faults between the adapters and PostgreSQL. */
  readonly postgres: FaultProxy;
  /** Faults between the adapters and Redis. */
  readonly redis: FaultProxy;
  /** What the adapters published. */
  readonly events: SandboxEvents;
  /** All that was logged, line by line. */
  readonly logs: readonly string[];
  /** The servers, past the proxies and as their administrator. */
  readonly admin: AdminAccess;
  /** Gives an account balances, in exact decimals: `fund('alice', { USD: '10000' })`. Makes assets, usual markets and account where they are missing. */
  fund(accountId: string, balances: Readonly<Record<string, string>>): Promise<void>;
  /** A second adapter on the same instance, as another process would have it; closed with the sandbox. */
  open<K extends keyof F>(name: K, overrides?: AdapterOptions): ReturnType<F[K]>;
  /** What `open` hands to the factory. */
  options(name: keyof F): AdapterOptions;
}

/** Instances of adapters of a test's own, dropped again at its end. */
export type Sandbox<F extends Factories> = Box<F> & { readonly [K in keyof F]: ReturnType<F[K]> };

/**
 * Opens adapters on fresh instances of their own, with own roles, on real servers behind fault proxies. Their consumers read each other's
 * streams; of two adapters of a kind the first one's. `await using` closes the adapters and drops the instances.
 */
export async function sandbox<F extends Factories>(factories: F, options: SandboxOptions = {}): Promise<Sandbox<F>> {
  const resources = new AsyncDisposableStack();
  try {
    return await openSandbox(factories, options, resources);
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
}

async function openSandbox<F extends Factories>(
  factories: F,
  options: SandboxOptions,
  resources: AsyncDisposableStack,
): Promise<Sandbox<F>> {
  const servers = options.servers ?? (await testServers());
  const admin = { postgresUrl: servers.postgres, redisUrl: servers.redis };
  const shared = freshName();
  const [instances, postgres, redis] = await Promise.all([
    instancesOf(factories, shared, admin, resources),
    startProxy({ target: addressOf(servers.postgres, 5432) }).then((proxy) => resources.use(proxy)),
    startProxy({ target: addressOf(servers.redis, 6379) }).then((proxy) => resources.use(proxy)),
  ]);
  const through = { postgres: postgres.url(servers.postgres), redis: redis.url(servers.redis) };
  const events = resources.use(
    streamEvents(
      servers.redis,
      [...instances.values()].map(({ identity }) => identity),
    ),
  );
  const clock = manualClock(options.start);
  const ids = seededIds(options.seed);
  const { logger, lines } = capturedLogs();

  const optionsOf = (name: keyof F): AdapterOptions => {
    const own = { ...instances.get(name)!.login(through), workers: true, clock, ids, logger, metrics: new Registry() };
    return laidOver(own, options.options);
  };
  const open = <K extends keyof F>(name: K, overrides?: AdapterOptions): ReturnType<F[K]> =>
    wireInbox(resources.use(factories[name]!(laidOver(optionsOf(name), overrides))), shared) as ReturnType<F[K]>;
  const adapters = Object.fromEntries(Object.keys(factories).map((name) => [name, open(name)]));

  const box: Box<F> = {
    clock,
    ids,
    postgres,
    redis,
    events,
    logs: lines,
    admin,
    fund: (accountId, balances) => fund(Object.values(adapters), accountId, balances),
    open,
    options: optionsOf,
    [Symbol.asyncDispose]: () => {
      postgres.heal();
      redis.heal();
      return resources.disposeAsync();
    },
  };
  const taken = Object.keys(adapters).find((name) => name in box);
  if (taken !== undefined)
    throw new TypeError(`sandbox: an adapter cannot be called ${taken}, which every sandbox has for itself`);
  return Object.assign(box, adapters as { readonly [K in keyof F]: ReturnType<F[K]> });
}

/** Under one name, so that what one of them publishes is where the others look; the second of a kind has a name of its own. */
async function instancesOf(
  factories: Factories,
  shared: string,
  admin: AdminAccess,
  resources: AsyncDisposableStack,
): Promise<Map<PropertyKey, OwnInstance>> {
  const made = new Map<PropertyKey, OwnInstance>();
  resources.defer(async () => void (await Promise.all([...made.values()].map((each) => each[Symbol.asyncDispose]()))));
  const kinds = new Set<string>();
  const making = Object.entries(factories).map(async ([name, { definition }]) => {
    const { schema } = definition.identity;
    const instance = kinds.has(schema) ? freshName() : shared;
    kinds.add(schema);
    made.set(name, await ownInstance(definition, instance, admin));
  });
  const failed = (await Promise.allSettled(making)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return made;
}

function addressOf(text: string, defaultPort: number): { host: string; port: number } {
  const url = new URL(text);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || defaultPort) };
}

const laidOver = (options: AdapterOptions, over: AdapterOptions = {}): AdapterOptions => ({
  ...options,
  ...over,
  postgres: { ...options.postgres, ...over.postgres },
  redis: { ...options.redis, ...over.redis },
});
