import type { InstanceIdentity } from '../pipe/identity.ts';
import { isAdapterError } from '../pipe/errors.ts';
import type { KeyFamily } from '../redis/keys.ts';
import { type RedisGrammar, aclRule } from './acl-rule.ts';
import type { RedisSession } from './redis-session.ts';

export async function redisGrammar(redis: RedisSession): Promise<RedisGrammar> {
  const names = async (...category: string[]) => new Set((await redis.call('ACL', 'CAT', ...category)) as string[]);
  return { categories: await names(), connectionCommands: await names('connection'), database: redis.database };
}

/** Makes the user or brings it to the rule. Its passwords stay, unless a new one is given. Open connections stay too. */
export async function setRedisUser(
  redis: RedisSession,
  identity: InstanceIdentity,
  families: readonly KeyFamily[],
  passwordHash: string | undefined,
): Promise<void> {
  const rule = aclRule(identity, families, await redisGrammar(redis));
  await redis.call('ACL', 'SETUSER', identity.aclUser, ...rule, ...(passwordHash ? ['resetpass', passwordHash] : []));
}

export interface RedisUser {
  readonly enabled: boolean;
  readonly passwordHashes: readonly string[];
  readonly keys: readonly string[];
}

export async function findRedisUser(redis: RedisSession, name: string): Promise<RedisUser | undefined> {
  const reply = (await redis.call('ACL', 'GETUSER', name)) as unknown[] | null;
  if (reply === null) return undefined;
  const field = (wanted: string) => reply[reply.indexOf(wanted) + 1];
  return {
    enabled: (field('flags') as string[]).includes('on'),
    passwordHashes: field('passwords') as string[],
    keys: String(field('keys')).split(' ').filter(Boolean),
  };
}

/** What the user may wrongly do or not do, in words; empty when it is as the rule says. Changes nothing. */
export async function redisUserFaults(
  redis: RedisSession,
  identity: InstanceIdentity,
  families: readonly KeyFamily[],
): Promise<string[]> {
  const user = await findRedisUser(redis, identity.aclUser);
  if (!user) return [`the user ${identity.aclUser} does not exist`];
  const faults: string[] = [];
  if (!user.enabled) faults.push(`the user ${identity.aclUser} is off`);
  if (user.passwordHashes.length === 0) faults.push(`the user ${identity.aclUser} has no password`);
  const wanted = aclRule(identity, families, await redisGrammar(redis)).filter((token) => /^[~%]/.test(token));
  const missing = wanted.filter((pattern) => !user.keys.includes(pattern));
  const extra = user.keys.filter((pattern) => !wanted.includes(pattern));
  if (missing.length > 0) faults.push(`key patterns are missing: ${missing.join(' ')}`);
  if (extra.length > 0) faults.push(`key patterns are too many: ${extra.join(' ')}`);
  const key = `${identity.prefix}:${families[0]!.noun}:{1}`;
  const allowed = [
    ['get', key],
    ['set', key, '1'],
    ['xadd', key, '*', 'a', '1'],
    ['eval', 'return 1', '1', key],
    ['ping'],
    ['info'],
    ['time'],
  ];
  const refused = [
    ['keys', '*'],
    ['scan', '0'],
    ['flushall'],
    ['config', 'get', '*'],
    ['client', 'list'],
    ['acl', 'list'],
    ['script', 'flush'],
    ['multi'],
  ];
  for (const [probes, permitted] of [
    [allowed, true],
    [refused, false],
  ] as const) {
    for (const command of probes) {
      const isPermitted = (await redis.call('ACL', 'DRYRUN', identity.aclUser, ...command)) === 'OK';
      if (isPermitted !== permitted)
        faults.push(
          `${command.slice(0, command[0] === 'get' ? 1 : 2).join(' ')} is ${permitted ? 'refused' : 'allowed'}`,
        );
    }
  }
  return faults;
}

/** Writes the users to the server's ACL file; `false` where it has none, so that they end with the server. */
export async function saveRedisUsers(redis: RedisSession): Promise<boolean> {
  try {
    await redis.call('ACL', 'SAVE');
    return true;
  } catch (error) {
    if (isAdapterError(error) && error.code === 'redis-reply' && /ACL file/i.test(error.message)) return false;
    throw error;
  }
}
