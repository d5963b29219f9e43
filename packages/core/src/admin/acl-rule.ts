import type { InstanceIdentity } from '../pipe/identity.ts';
import { type KeyFamily, coreFamilies } from '../redis/keys.ts';

/** What of a Redis server its ACL grammar depends on. */
export interface RedisGrammar {
  /** Command categories: those of modules have some of their own, and since Redis 8 belong to `@read` and `@write`. */
  readonly categories: ReadonlySet<string>;
  readonly connectionCommands: ReadonlySet<string>;
  /** The logical database that the adapters use. */
  readonly database: number;
}

const moduleCategories = 'search json timeseries bloom cuckoo cms topk tdigest vectorset vset'.split(' ');

const dataCommands = '+@read +@write +@stream +@scripting +@connection -@admin -@dangerous'.split(' ');
/** They have no key, and tell of or touch those of others. */
const keyspaceCommands = '-keys -scan -randomkey -dbsize -select -swapdb -move -migrate -flushdb -flushall'.split(' ');
/** Code that outlives its call is shared by all users of the server; client tracking tells the names of everybody's keys. */
const sharedCommands = '-script -function -fcall -fcall_ro -client'.split(' ');
const clientCommands = 'client|setname client|setinfo client|getname client|id'.split(' ');
/** What the client library asks before it is ready, alone or in a cluster, and the clock of scripts. */
const neededCommands = '+info +ping +time +cluster|slots +cluster|info'.split(' ');

/**
 * What an instance's user may do, as `ACL SETUSER` takes it, passwords apart. Its own keys go by family: a pattern for the whole prefix would
 * cover the instances below it. Published families of every adapter and instance may be read; an id holds no brace, so that no key
 * of another family looks like one of theirs.
 */
export function aclRule(
  identity: InstanceIdentity,
  families: readonly KeyFamily[],
  { categories, connectionCommands, database }: RedisGrammar,
): string[] {
  const nouns = [...new Set(families.map(({ noun }) => noun))].sort();
  const published = Object.values(coreFamilies).filter(({ visibility }) => visibility === 'published');
  return [
    'on',
    'clearselectors',
    'resetkeys',
    'resetchannels',
    '-@all',
    ...nouns.map((noun) => `~${identity.prefix}:${noun}:{*`),
    ...published.map(({ noun }) => `%R~*:${noun}:{*`),
    ...dataCommands,
    ...moduleCategories.filter((name) => categories.has(name)).map((name) => `-@${name}`),
    ...keyspaceCommands,
    ...sharedCommands,
    ...clientCommands.filter((name) => connectionCommands.has(name)).map((name) => `+${name}`),
    ...neededCommands,
    ...(database === 0 ? [] : [`+select|${database}`]),
  ];
}
