import { type Identity, type InstanceIdentity, identify } from '../pipe/identity.ts';
import { type KeyFamily, coreFamilies } from '../redis/keys.ts';

/** What an adapter says of itself to those who set it up. Its package exports one, free of drivers. */
export interface AdapterDefinition {
  readonly identity: Identity;
  /** The families of its `keys.ts`; those that every adapter has need not be repeated. */
  readonly families: Readonly<Record<string, KeyFamily>>;
  /** The folder that holds `core/` and a folder named for the schema (see `@tse/migrations`). */
  readonly migrations: URL;
  /** The last migration that the adapter's code builds on: `0003_add_holds`. */
  readonly minSchema?: string;
}

/** The servers, as an administrator reaches them: URLs with their passwords, so secrets. */
export interface AdminAccess {
  /** A role with CREATEROLE and CREATE on the database, or a superuser, on the server itself: not through a pooler. */
  readonly postgresUrl: string;
  /** A user that may run ACL commands. */
  readonly redisUrl: string;
  /** PEM certificate authorities; each turns TLS on, verified. */
  readonly postgresCa?: string;
  readonly redisCa?: string;
}

/** Which instance on which servers; without `instance` the adapter's default one. */
export interface InstanceTarget {
  readonly instance?: string | undefined;
  readonly admin: AdminAccess;
}

export const allFamilies = (definition: Pick<AdapterDefinition, 'families'>): KeyFamily[] => [
  ...Object.values(coreFamilies),
  ...Object.values(definition.families),
];

/** The identity of an instance; a name that is a key family of the adapter is refused. */
export const identityOf = (
  definition: Omit<AdapterDefinition, 'migrations'>,
  instance: string | undefined,
): InstanceIdentity =>
  identify(
    definition.identity,
    instance,
    allFamilies(definition).map(({ noun }) => noun),
  );
