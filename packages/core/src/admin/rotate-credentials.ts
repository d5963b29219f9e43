import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotFoundError } from '../pipe/errors.ts';
import { type AdapterDefinition, type InstanceTarget, identityOf } from './adapter-definition.ts';
import { adminError, openPostgres } from './postgres-session.ts';
import { setRolePassword } from './provision.ts';
import { withProvisioningLock } from './provisioning-lock.ts';
import { onEveryRedisNode } from './redis-nodes.ts';
import { openRedis } from './redis-session.ts';
import { findRedisUser, saveRedisUsers } from './redis-user.ts';
import { redisPasswordHash } from './scram-verifier.ts';

/** The stores that an adapter has a login for. */
export type StoreName = 'postgres' | 'redis';
/** A password for each store; a secret. */
export type Passwords = Partial<Record<StoreName, string>>;

/** Whose passwords are changed, and how they reach the adapter. */
export interface RotateOptions extends InstanceTarget {
  /** Default: both. */
  readonly stores?: readonly StoreName[];
  /** Puts the new passwords where the adapter reads them. Called once, before they replace the old ones for good: when it fails, the old ones stay. */
  readonly keep: (passwords: Passwords) => Promise<void> | void;
  /** Milliseconds in which Redis takes the old password too, default a minute. PostgreSQL knows one password at a time. */
  readonly graceMs?: number;
  /** Told after each step. */
  readonly onProgress?: (step: 'kept' | 'verified' | 'grace' | 'done') => void;
  readonly signal?: AbortSignal;
}

/** 192 random bits that need no quoting in a URL, in SQL or in a file. */
export const randomPassword = (): string => randomBytes(24).toString('base64url');

/**
 * Gives an instance's role and Redis user new random passwords. Open connections stay; new ones need the new password, which adapters read
 * at each connect. Ends when both logins were tried with it.
 */
export async function rotateCredentials(definition: AdapterDefinition, options: RotateOptions): Promise<void> {
  const { admin, stores = ['postgres', 'redis'], keep, graceMs = 60_000, onProgress, signal } = options;
  const identity = identityOf(definition, options.instance);
  const passwords: Passwords = Object.fromEntries(stores.map((store) => [store, randomPassword()]));
  const { postgres, redis } = passwords;
  const redisLogin = { url: admin.redisUrl, ca: admin.redisCa };
  const postgresLogin = { url: admin.postgresUrl, ca: admin.postgresCa };
  const setRedisHashes = (...hashes: string[]) =>
    onEveryRedisNode(redisLogin, async (node) => {
      await node.call('ACL', 'SETUSER', identity.aclUser, ...hashes);
      await saveRedisUsers(node);
    });

  const old = redis === undefined ? [] : await redisHashes(identity.aclUser, redisLogin);
  const hash = redis === undefined ? undefined : redisPasswordHash(redis);
  if (hash) await setRedisHashes(hash);
  try {
    if (postgres === undefined) await keep(passwords);
    else {
      await using pg = await openPostgres(postgresLogin);
      await withProvisioningLock(pg, async () => {
        await setRolePassword(pg, identity.roles.adapter, postgres);
        await keep(passwords);
      });
    }
  } catch (error) {
    if (hash) await setRedisHashes(`!${hash.slice(1)}`);
    throw adminError(error);
  }
  onProgress?.('kept');

  if (postgres !== undefined) {
    await using _ = await openPostgres({ ...postgresLogin, user: identity.roles.adapter, password: postgres });
  }
  if (redis !== undefined) {
    using _ = await openRedis({ ...redisLogin, user: identity.aclUser, password: redis });
  }
  onProgress?.('verified');
  if (old.length > 0) {
    onProgress?.('grace');
    await sleep(graceMs, undefined, { ...(signal && { signal }) });
    await setRedisHashes(...old.map((each) => `!${each}`));
  }
  onProgress?.('done');
}

async function redisHashes(name: string, login: { url: string; ca?: string | undefined }): Promise<readonly string[]> {
  using redis = await openRedis(login);
  const user = await findRedisUser(redis, name);
  if (!user)
    throw new NotFoundError('redis-user-missing', `the Redis user ${name} does not exist: run \`tse migrate\``);
  return user.passwordHashes;
}
