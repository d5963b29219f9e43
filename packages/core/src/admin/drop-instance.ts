import { InvalidInputError } from '../pipe/errors.ts';
import { type AdapterDefinition, type AdminAccess, identityOf } from './adapter-definition.ts';
import { adminError, identifier, openPostgres, sqlState } from './postgres-session.ts';
import { withProvisioningLock } from './provisioning-lock.ts';
import { onEveryRedisNode } from './redis-nodes.ts';
import type { RedisSession } from './redis-session.ts';
import { saveRedisUsers } from './redis-user.ts';

/**
 * Removes a named instance for good: its schema with all data, its roles, its Redis user and keys. An adapter's default instance is
 * never dropped. Roles that another database of the server needs stay.
 */
export async function dropInstance(
  definition: AdapterDefinition,
  { instance, admin }: { readonly instance: string; readonly admin: AdminAccess },
): Promise<void> {
  if (!instance) throw new InvalidInputError([{ path: 'instance', message: 'only a named instance can be dropped' }]);
  const identity = identityOf(definition, instance);
  const { owner, adapter, reader } = identity.roles;
  await using pg = await openPostgres({ url: admin.postgresUrl, ca: admin.postgresCa });
  try {
    await withProvisioningLock(pg, async () => {
      const [found] = await pg.query<{ roles: string[]; database: string }>(
        `select array(select rolname::text from pg_roles where rolname = any($1)) as roles, current_database()::text as database`,
        [[owner, adapter, reader]],
      );
      const { roles, database } = found!;
      const name = identifier(owner);
      if (roles.includes(owner)) await pg.query(`set role ${name}; drop owned by ${name} cascade; reset role`);
      for (const role of roles.map(identifier))
        await pg.query(`revoke all on database ${identifier(database)} from ${role}`);
      for (const role of roles.map(identifier)) {
        await pg.query('savepoint role');
        await pg.query(`drop role ${role}`).catch(async (error: unknown) => {
          if (sqlState(error) !== '2BP01') throw error;
          await pg.query('rollback to savepoint role');
        });
      }
    });
  } catch (error) {
    throw adminError(error);
  }
  await onEveryRedisNode({ url: admin.redisUrl, ca: admin.redisCa }, async (redis) => {
    await redis.call('ACL', 'DELUSER', identity.aclUser);
    await saveRedisUsers(redis);
    await removeKeys(redis, `${identity.prefix}:*`);
  });
}

/** One key a call: on a cluster the keys of one call would have to share a slot. */
async function removeKeys(redis: RedisSession, pattern: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = (await redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1000)) as [string, string[]];
    await Promise.all(keys.map((key) => redis.call('UNLINK', key)));
    cursor = next;
  } while (cursor !== '0');
}
