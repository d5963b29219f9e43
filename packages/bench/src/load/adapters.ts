import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceOption } from '@tse/audit';
import type { AdapterOptions } from '@tse/core';
import { type InstanceTarget, dropInstance } from '@tse/core/admin';
import { migrationsDirectory } from '@tse/migrations';
import { type AdapterName, type SevenAdapters, sevenAdapters } from '@tse/simulation';
import { type AdapterFactory, wireInbox } from '@tse/testkit';
import type { Servers } from '@tse/testkit/servers';
import { openAdapterOn } from '../stage.ts';

export const adapterNames = Object.keys(sevenAdapters) as AdapterName[];

/** Who reads what each publishes: what all of them have read, the streams let go of. */
const READERS: Partial<Record<AdapterName, readonly AdapterName[]>> = { exchange: ['custodian', 'risk', 'trading'] };
export const CONSUMER = 'load';

/** All seven, each as its own role, and who may look at them from outside. */
export interface Seven extends AsyncDisposable {
  readonly adapters: SevenAdapters;
  options(name: AdapterName): AdapterOptions;
  readonly target: InstanceTarget;
  /** What the trail reads: what everybody else publishes. */
  readonly sources: readonly SourceOption[];
}

/** On servers that are not ours they are instances of their own, gone in the end. */
export async function openSeven({ postgres, redis }: Pick<Servers, 'postgres' | 'redis'>): Promise<Seven> {
  await using opening = new AsyncDisposableStack();
  const admin = { postgresUrl: postgres.adminUrl, redisUrl: redis.adminUrl };
  const isOurs = postgres.origin !== 'url' && redis.origin !== 'url';
  const instance = isOurs ? undefined : `load-${randomBytes(4).toString('hex')}`;
  const target = { admin, ...(instance !== undefined && { instance }) };
  const prefixOf = (name: AdapterName) =>
    `${sevenAdapters[name].definition.identity.prefix}${instance === undefined ? '' : `:${instance}`}`;
  const anchorFolder = await mkdtemp(join(tmpdir(), 'tse-load-anchors-'));
  opening.defer(() => rm(anchorFolder, { recursive: true, force: true }));

  const opened = new Map<string, Awaited<ReturnType<typeof openAdapterOn>>>();
  for (const name of adapterNames) {
    const factory: AdapterFactory = sevenAdapters[name];
    if (instance !== undefined)
      opening.defer(() =>
        dropInstance({ ...factory.definition, migrations: migrationsDirectory }, { admin, instance }),
      );
    const trail = name === 'audit' ? [] : [`${prefixOf('audit')}/trail`];
    const one = await openAdapterOn(factory, target, {
      readers: [...trail, ...(READERS[name] ?? []).map((reader) => `${prefixOf(reader)}/${CONSUMER}`)],
      ...(name === 'audit' && { anchors: [join(anchorFolder, 'anchors')] }),
    });
    opening.use(one.adapter);
    if (instance !== undefined) wireInbox(one.adapter, instance);
    opened.set(name, one);
  }
  const kept = opening.move();
  return {
    adapters: Object.fromEntries([...opened].map(([name, { adapter }]) => [name, adapter])) as unknown as SevenAdapters,
    options: (name) => opened.get(name)!.options,
    target,
    sources: adapterNames
      .filter((name) => name !== 'audit')
      .map((name) => ({ ...sevenAdapters[name].definition.identity, ...(instance !== undefined && { instance }) })),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
