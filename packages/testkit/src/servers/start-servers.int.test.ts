import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { startPostgres, startRedis, startServers } from './index.ts';

const quiet = { purpose: 'test', log: () => {} } as const;

async function ask<T>(url: string, question: string): Promise<T[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(question)).rows as T[];
  } finally {
    await client.end();
  }
}

async function redisAt<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, enableReadyCheck: false });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

const withPassword = (url: string, password: string): string => {
  const changed = new URL(url);
  changed.password = password;
  return changed.href;
};

describe('PostgreSQL', () => {
  test('lets in only with the password, which differs each time, and has the settings that adapters count on', async () => {
    await using one = await startPostgres(quiet);
    await using other = await startPostgres(quiet);
    expect(
      await ask(one.adminUrl, 'select rolsuper, current_user::text as name from pg_roles where rolname = current_user'),
    ).toEqual([{ rolsuper: true, name: 'postgres' }]);
    for (const password of ['wrong', new URL(other.adminUrl).password]) {
      await expect(ask(withPassword(one.adminUrl, password), 'select 1')).rejects.toMatchObject({ code: '28P01' });
    }
    expect(
      await ask(
        one.adminUrl,
        "select count(*)::int as others from pg_authid where rolcanlogin and rolpassword not like 'SCRAM%'",
      ),
    ).toEqual([{ others: 0 }]);
    const [settings] = await ask(
      one.adminUrl,
      "select current_setting('max_connections') as connections, current_setting('TimeZone') as zone, current_setting('fsync') as fsync",
    );
    expect(settings).toEqual({ connections: '200', zone: 'UTC', fsync: 'off' });
  });

  test('comes back on its port with all that was acknowledged, when durable', async () => {
    await using server = await startPostgres({ ...quiet, durable: true });
    const { port, pid } = server;
    await ask(server.adminUrl, 'create table kept as select 1 as x');
    await server.kill();
    expect(server.pid).toBeUndefined();
    await expect(ask(server.adminUrl, 'select 1')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect([server.port, server.pid !== pid]).toEqual([port, true]);
    expect(await ask(server.adminUrl, "select x, current_setting('fsync') as fsync from kept")).toEqual([
      { x: 1, fsync: 'on' },
    ]);
    await server.restart();
    expect(await ask(server.adminUrl, 'select x from kept')).toEqual([{ x: 1 }]);
  });

  test('halts and goes on by signals', async () => {
    await using server = await startPostgres(quiet);
    await server.kill('SIGSTOP');
    let answered = false;
    const answer = ask(server.adminUrl, 'select 1 as x').finally(() => (answered = true));
    await sleep(100);
    expect(answered).toBe(false);
    await server.kill('SIGCONT');
    expect(await answer).toEqual([{ x: 1 }]);
  });
});

describe('Redis', () => {
  test('lets in only with the password', async () => {
    await using server = await startRedis(quiet);
    expect(
      await redisAt(server.adminUrl, async (redis) => /maxmemory_policy:(\w+)/.exec(await redis.info('memory'))?.[1]),
    ).toBe('noeviction');
    await expect(redisAt(withPassword(server.adminUrl, 'wrong'), (redis) => redis.ping())).rejects.toThrow();
    const anonymous = new URL(server.adminUrl);
    anonymous.username = anonymous.password = '';
    await expect(redisAt(anonymous.href, (redis) => redis.ping())).rejects.toThrow();
  });

  test('comes back on its port with its data and its users, when durable', async () => {
    await using server = await startRedis({ ...quiet, durable: true });
    const { port } = server;
    await redisAt(server.adminUrl, async (redis) => {
      await redis.set('kept', '1');
      await redis.acl('SETUSER', 'alice', 'on', '>secret', '~*', '+get');
      await redis.acl('SAVE');
    });
    await server.kill();
    expect(server.pid).toBeUndefined();
    await server.restart();
    expect(server.port).toBe(port);
    const alice = new URL(withPassword(server.adminUrl, 'secret'));
    alice.username = 'alice';
    expect(await redisAt(alice.href, (redis) => redis.get('kept'))).toBe('1');
    expect(await redisAt(server.adminUrl, (redis) => redis.get('kept'))).toBe('1');
  });
});

describe('both', () => {
  const withFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), 'start-servers-'));
    await chmod(folder, 0o755);
    try {
      await use(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  test('a kept folder keeps data and users, under other passwords', async () => {
    // A container's files in a bound folder belong to its own accounts: only root can clear them away.
    const env = process.getuid?.() === 0 ? process.env : { ...process.env, INFRA: 'embedded' };
    await withFolder(async (keep) => {
      const first = await startServers({ purpose: 'stack', keep, env, log: () => {} });
      await ask(first.postgres.adminUrl, 'create table kept as select 1 as x');
      await redisAt(first.redis.adminUrl, async (redis) => {
        await redis.set('kept', '1');
        await redis.acl('SETUSER', 'alice', 'on', '>secret', '~*', '+get');
        await redis.acl('SAVE');
      });
      await first.stop();
      await using second = await startServers({ purpose: 'stack', keep, env, log: () => {} });
      expect(new URL(second.postgres.adminUrl).password).not.toBe(new URL(first.postgres.adminUrl).password);
      expect(await ask(second.postgres.adminUrl, 'select x from kept')).toEqual([{ x: 1 }]);
      expect(await redisAt(second.redis.adminUrl, (redis) => redis.get('kept'))).toBe('1');
      expect(await redisAt(second.redis.adminUrl, (redis) => redis.acl('USERS'))).toEqual(['alice', 'default']);
      await expect(
        ask(first.postgres.adminUrl.replace(/:\d+\//, `:${new URL(second.postgres.adminUrl).port}/`), 'select 1'),
      ).rejects.toMatchObject({ code: '28P01' });
    });
  });

  test('data in use is not started twice', async () => {
    await withFolder(async (keep) => {
      await using _ = await startPostgres({
        purpose: 'stack',
        keep,
        log: () => {},
        env: { ...process.env, INFRA: 'embedded' },
      });
      await expect(
        startPostgres({ purpose: 'stack', keep, log: () => {}, env: { ...process.env, INFRA: 'embedded' } }),
      ).rejects.toThrow(/already uses this data/);
    });
  });

  test('starts at the same time, with an empty cache, do not disturb each other', async () => {
    await withFolder(async (cache) => {
      const env = { ...process.env, INFRA: 'embedded', TSE_CACHE: cache };
      const servers = await Promise.all([1, 2, 3].map(() => startPostgres({ ...quiet, env })));
      expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
      await Promise.all(servers.map((server) => server.stop()));
      // Beside the one empty database there may be a copy of the programs, where the account cannot reach the checkout's.
      const made = await readdir(cache);
      expect(made.filter((name) => name.includes('empty'))).toHaveLength(1);
      expect(made.filter((name) => name.startsWith('.making-'))).toEqual([]);
    });
  });

  test('a server named by URL is used and left alone', async () => {
    await using own = await startRedis(quiet);
    const lines: string[] = [];
    const servers = await startServers({
      purpose: 'test',
      log: (line) => lines.push(line),
      env: { ...process.env, TSE_TEST_REDIS_URL: own.adminUrl },
    });
    expect(servers.redis).toEqual({ adminUrl: own.adminUrl, version: own.version, origin: 'url' });
    await servers.stop();
    expect(await redisAt(own.adminUrl, (redis) => redis.ping())).toBe('PONG');
    expect(lines.join()).not.toContain(new URL(own.adminUrl).password);
  });

  test.each([
    [{ INFRA: 'else' }, /INFRA is else: it takes/],
    [{ INFRA: 'embedded', TSE_POSTGRES_BIN: '/nowhere' }, /TSE_POSTGRES_BIN names \/nowhere/],
    [{ INFRA: 'embedded', TSE_REDIS_SERVER: '/nowhere' }, /TSE_REDIS_SERVER names \/nowhere/],
    [{ INFRA: 'embedded', TSE_CACHE: '/dev/null/nowhere' }, /TSE_CACHE names \/dev\/null\/nowhere/],
    [
      { TSE_TEST_POSTGRES_URL: 'postgres://me:secret@127.0.0.1:1/x' },
      /^TSE_TEST_POSTGRES_URL names a PostgreSQL that does not let us in/,
    ],
  ])('%j is refused in one sentence, and nothing runs on', async (variables, sentence) => {
    const { TSE_TEST_POSTGRES_URL: _, TSE_TEST_REDIS_URL: __, ...env } = process.env;
    const start = startServers({ ...quiet, env: { ...env, ...variables } });
    await expect(start).rejects.toThrow(sentence);
    await expect(start).rejects.not.toThrow(/secret/);
  });
});
