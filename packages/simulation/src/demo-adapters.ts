import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdapterOptions, BaseAdapter, Clock } from '@tse/core';
import { type InstanceTarget, dropInstance, migrate, provision } from '@tse/core/admin';
import { migrationsDirectory } from '@tse/migrations';
import { type AdapterFactory, seededIds, wireInbox } from '@tse/testkit';
import { type Servers, randomPassword } from '@tse/testkit/servers';
import { pino } from 'pino';
import { type AdapterName, type SevenAdapters, sevenAdapters } from './seven-adapters.ts';

/** Adapters on these servers, each as its own role, and who may look at them from outside. */
export interface DemoAdapters extends AsyncDisposable, SevenAdapters {
  /** All of them, by their names. */
  readonly adapters: Readonly<Record<AdapterName, BaseAdapter>>;
  /** With what an adapter was opened. */
  options(name: AdapterName): AdapterOptions;
  readonly target: InstanceTarget;
  /** With which the scripts, `tse` and any service find them. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface DemoAdaptersOptions {
  /** Of their ids. */
  readonly seed?: number;
  /** Its name is the venue that events tell of: two runs that are to be the same have the same one. */
  readonly instance?: string;
}

/** Provisions, migrates and opens the adapters. On servers that are not ours they are instances of their own, gone in the end. */
export async function openDemoAdapters(
  { postgres, redis }: Pick<Servers, 'postgres' | 'redis'>,
  clock: Clock,
  { seed = 1, instance: named }: DemoAdaptersOptions = {},
): Promise<DemoAdapters> {
  await using opening = new AsyncDisposableStack();
  const admin = { postgresUrl: postgres.adminUrl, redisUrl: redis.adminUrl };
  const isOurs = postgres.origin !== 'url' && redis.origin !== 'url';
  const instance = named ?? (isOurs ? undefined : `demo-${randomBytes(4).toString('hex')}`);
  const target = { admin, ...(instance !== undefined && { instance }) };
  const where = { postgres: withoutLogin(admin.postgresUrl), redis: withoutLogin(admin.redisUrl) };

  // Outside of the database: what is written down there nobody can take back in it.
  const anchorFolder = await mkdtemp(join(tmpdir(), 'tse-demo-anchors-'));
  opening.defer(() => rm(anchorFolder, { recursive: true, force: true }));
  const anchors = join(anchorFolder, 'anchors');

  async function open(
    factory: AdapterFactory,
    more: object,
  ): Promise<{ adapter: BaseAdapter; options: AdapterOptions }> {
    const definition = { ...factory.definition, migrations: migrationsDirectory };
    if (instance !== undefined) opening.defer(() => dropInstance(definition, { admin, instance }));
    const passwords = { postgres: randomPassword(), redis: randomPassword() };
    await provision(definition, { ...target, passwords });
    await migrate(definition, target);
    const options: AdapterOptions = {
      ...(instance !== undefined && { instance }),
      postgres: { url: where.postgres, password: passwords.postgres },
      redis: { url: where.redis, password: passwords.redis },
      clock,
      ids: seededIds(`${seed} ${definition.identity.name}`),
      // A slow machine is no lost reply: what is repeated draws other ids.
      deadlineMs: 60_000,
      // The services say when what is due is done: so it is the same each time.
      workers: 'catch-up',
      logger: pino({ level: 'error' }, pino.destination(2)),
      ...more,
    };
    const adapter = opening.use(factory(options));
    if (instance !== undefined) wireInbox(adapter, instance);
    await adapter.ready();
    return { adapter, options };
  }

  const opened = new Map<string, Awaited<ReturnType<typeof open>>>();
  for (const [name, factory] of Object.entries(sevenAdapters))
    opened.set(name, await open(factory, name === 'audit' ? { anchors: [anchors] } : {}));
  const kept = opening.move();
  const adapters = Object.fromEntries(
    [...opened].map(([name, { adapter }]) => [name, adapter]),
  ) as unknown as SevenAdapters;
  return {
    ...adapters,
    adapters,
    options: (name) => opened.get(name)!.options,
    target,
    environment: {
      POSTGRES_URL: where.postgres,
      REDIS_URL: where.redis,
      TSE_ADMIN_POSTGRES_URL: admin.postgresUrl,
      TSE_ADMIN_REDIS_URL: admin.redisUrl,
      [`${opened.get('audit')!.adapter.identity.envPrefix}ANCHOR_FILE`]: anchors,
      ...Object.assign({}, ...[...opened.values()].map(passwordsOf)),
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const passwordsOf = ({ adapter, options }: { adapter: BaseAdapter; options: AdapterOptions }) => ({
  [`${adapter.identity.envPrefix}POSTGRES_PASSWORD`]: options.postgres!.password as string,
  [`${adapter.identity.envPrefix}REDIS_PASSWORD`]: options.redis!.password as string,
});

function withoutLogin(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
