import { isAdapterError } from '../pipe/errors.ts';
import { isOutage } from '../pipe/breaker.ts';
import type { AdminAccess } from './adapter-definition.ts';
import { openPostgres } from './postgres-session.ts';
import { openRedis } from './redis-session.ts';

/** What keeps an administrator from working now but may pass by itself, or `undefined`; what does not pass is thrown. */
export async function serversAnswer(admin: AdminAccess): Promise<string | undefined> {
  try {
    await using _ = await openPostgres({ url: admin.postgresUrl, ca: admin.postgresCa });
    using __ = await openRedis({ url: admin.redisUrl, ca: admin.redisCa });
    return undefined;
  } catch (error) {
    const passes = isAdapterError(error) && (isOutage(error) || error.code === 'redis-unavailable');
    if (passes) return error.message;
    throw error;
  }
}
