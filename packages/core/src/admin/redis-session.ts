import { Redis as IoRedis } from 'ioredis';
import { ConflictError, InternalError, InvalidInputError, UnavailableError, isAdapterError } from '../pipe/errors.ts';

/** One connection of an administrator. Its errors never hold what was sent: that may be a password. */
export interface RedisSession extends Disposable {
  readonly database: number;
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
}

export interface RedisLogin {
  readonly url: string;
  readonly ca?: string | undefined;
  /** Instead of those in the URL. */
  readonly user?: string;
  readonly password?: string;
  /** Another node of the same cluster. */
  readonly address?: { host: string; port: number };
}

export async function openRedis({ url: text, ca, user, password, address }: RedisLogin): Promise<RedisSession> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^rediss?:$/.test(url.protocol) || !url.hostname) {
    throw new InvalidInputError([{ path: 'redisUrl', message: 'expected a redis:// URL' }]);
  }
  const host = address?.host ?? url.hostname.replace(/^\[|\]$/g, '');
  const secret = password ?? decodeURIComponent(url.password);
  const database = Number(url.pathname.slice(1) || 0);
  const client = new IoRedis({
    host,
    port: address?.port ?? Number(url.port || 6379),
    db: database,
    ...((user ?? url.username) && { username: user ?? decodeURIComponent(url.username) }),
    ...(secret && { password: secret }),
    ...((ca !== undefined || url.protocol === 'rediss:') && {
      tls: { servername: host, ...(ca !== undefined && { ca }) },
    }),
    connectionName: 'tse-admin',
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: 5000,
    commandTimeout: 10_000,
    protocol: 2,
    stringNumbers: true,
  });
  let lost: Error | undefined;
  client.on('error', (error: Error) => (lost ??= error));
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    client.disconnect();
    throw told(lost ?? error);
  }
  return {
    database,
    call: (command, ...args) =>
      client.call(command, ...args).catch((error: unknown) => {
        throw told(error);
      }),
    [Symbol.dispose]: () => client.disconnect(),
  };
}

/** An error of our own without the driver's as its cause: that one lists the arguments of the command. */
function told(error: unknown): Error {
  if (isAdapterError(error)) return error;
  const { message } = error as Error;
  const word = /^([A-Z]+)\b/.exec(message)?.[1];
  if (word === 'WRONGPASS' || word === 'NOAUTH')
    return new UnavailableError('redis-login-refused', 'Redis refused the login: wrong user or password', 10_000);
  if (word === 'NOPERM')
    return new ConflictError(
      'permission-denied',
      `Redis: ${/'([a-z|]+)' command/.exec(message)?.[1] ?? 'a command'} is not allowed to this user`,
    );
  if (word === 'ERR' || (error as Error).name === 'ReplyError')
    return new InternalError(
      'redis-reply',
      `Redis refused a command: ${message.replace(/'[#>][^']*'/g, "'…'").slice(0, 200)}`,
    );
  return new UnavailableError('redis-unavailable', 'Redis is unavailable: no connection could be made, or it was lost');
}
