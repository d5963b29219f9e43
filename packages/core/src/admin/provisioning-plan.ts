import { isAdapterError } from '../pipe/errors.ts';
import type { InstanceIdentity } from '../pipe/identity.ts';
import type { KeyFamily } from '../redis/keys.ts';
import { databaseChanges, schemaChanges } from './access-changes.ts';
import type { Change } from './change.ts';
import { type PostgresSession, identifier } from './postgres-session.ts';
import type { Provisioned } from './provision.ts';
import type { RedisSession } from './redis-session.ts';
import { findRedisUser, redisUserFaults } from './redis-user.ts';
import { roleChanges } from './role-changes.ts';

/** What PostgreSQL lacks for this instance, in the order in which it has to be run. Changes nothing. */
export async function missing(
  pg: PostgresSession,
  identity: InstanceIdentity,
): Promise<{ changes: Change[]; advice: string[] }> {
  const roles = await roleChanges(pg, identity);
  const database = await databaseChanges(pg, identity);
  const schema = await schemaChanges(pg, identity);
  return { changes: [...roles, ...database.changes, ...schema], advice: database.advice };
}

export const creates = (changes: readonly Change[], role: string): boolean =>
  changes.some(({ sql }) => sql.startsWith(`CREATE ROLE ${identifier(role)} `));

/** What an operator has to run on either store, and nothing where all is there. */
export async function planProvisioning(
  pg: PostgresSession,
  redis: RedisSession,
  identity: InstanceIdentity,
  families: readonly KeyFamily[],
  aclLine: string,
): Promise<Provisioned> {
  const { changes, advice } = await missing(pg, identity);
  const { adapter } = identity.roles;
  const password = creates(changes, adapter) ? [`\\password ${adapter}`] : [];
  const user = await lookAtUser(redis, identity, families).catch((error: unknown) => {
    if (isAdapterError(error) && error.code === 'permission-denied') return undefined;
    throw error;
  });
  const unseen = `the Redis user could not be looked at (${identity.aclUser}); it has to be as after: ${aclLine}`;
  return {
    schema: identity.schema,
    sql: [...changes.map(({ sql }) => sql), ...password],
    acl: user?.faults.length ? [`${aclLine}${user.hasPassword ? '' : ' resetpass >PASSWORD'}`, 'ACL SAVE'] : [],
    advice: [...advice, ...(user ? (user.exists ? user.faults : []) : [unseen])],
  };
}

async function lookAtUser(redis: RedisSession, identity: InstanceIdentity, families: readonly KeyFamily[]) {
  const user = await findRedisUser(redis, identity.aclUser);
  const faults = await redisUserFaults(redis, identity, families);
  return { exists: user !== undefined, hasPassword: Boolean(user?.passwordHashes.length), faults };
}
