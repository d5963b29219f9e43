import { randomBytes } from 'node:crypto';
import { type InstanceIdentity, identify } from '@tse/core';
import { type AdapterDefinition, type AdminAccess, dropInstance, migrate, provision } from '@tse/core/admin';
import { migrationsDirectory } from '@tse/migrations';
import { randomPassword } from '../servers/index.ts';

/** What `create…Adapter.definition` says; migrations elsewhere than in `@tse/migrations` come with it. */
export type SandboxDefinition = Omit<AdapterDefinition, 'migrations'> & { readonly migrations?: URL };

interface Login {
  url: string;
  user: string;
  password: string;
}

/** A fresh instance of an adapter, with its own role and ACL user; gone with everything in it when disposed. */
export interface OwnInstance extends AsyncDisposable {
  readonly identity: InstanceIdentity;
  readonly definition: AdapterDefinition;
  /** For the commands of an administrator. */
  readonly target: { readonly instance: string; readonly admin: AdminAccess };
  /** The passwords of its role and its ACL user. */
  readonly passwords: { readonly postgres: string; readonly redis: string };
  /** Where the stores are and whom to log in as; `through` URLs of other places, such as a proxy. */
  login(through?: { readonly postgres: string; readonly redis: string }): {
    instance: string;
    postgres: Login;
    redis: Login;
  };
}

/** The name of an instance that nobody else has. */
export const freshName = (): string => `t${randomBytes(6).toString('hex')}`;

/** Provisions and migrates an instance. One that is left unmigrated has a schema with nothing in it. */
export async function ownInstance(
  given: SandboxDefinition,
  instance: string,
  admin: AdminAccess,
  { migrated = true } = {},
): Promise<OwnInstance> {
  const definition: AdapterDefinition = { migrations: migrationsDirectory, ...given };
  const identity = identify(definition.identity, instance);
  const passwords = { postgres: randomPassword(), redis: randomPassword() };
  const target = { instance, admin };
  const drop = (): Promise<void> => dropInstance(definition, target);
  try {
    await provision(definition, { ...target, passwords });
    if (migrated) await migrate(definition, target);
  } catch (error) {
    await drop().catch(() => {});
    throw error;
  }
  return {
    identity,
    definition,
    target,
    passwords,
    login: ({ postgres, redis } = { postgres: admin.postgresUrl, redis: admin.redisUrl }) => ({
      instance,
      postgres: { url: withoutLogin(postgres), user: identity.roles.adapter, password: passwords.postgres },
      redis: { url: withoutLogin(redis), user: identity.aclUser, password: passwords.redis },
    }),
    [Symbol.asyncDispose]: drop,
  };
}

/** The administrator's own name and password are nothing for an adapter. */
function withoutLogin(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
