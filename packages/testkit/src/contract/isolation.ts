import { once } from 'node:events';
import { type BaseAdapter, type KeyFamily, coreFamilies, keysOf } from '@tse/core';
import { Redis } from 'ioredis';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OwnInstance, freshName, ownInstance } from '../sandbox/own-instance.ts';
import { testServers } from '../sandbox/test-servers.ts';
import { tablesOf, withPostgres } from './stored-state.ts';
import type { Subject } from './subject.ts';

const DENIED = '42501';

/** What an adapter's role and ACL user cannot reach: another instance of it, and another schema and prefix, in both directions. */
export function isolationContract<A extends BaseAdapter>({ create }: Subject<A>): void {
  const made: OwnInstance[] = [];
  beforeAll(async () => {
    const { postgres, redis } = await testServers();
    const admin = { postgresUrl: postgres, redisUrl: redis };
    const stranger = { identity: { name: 'stranger', schema: 'stranger', prefix: 'stranger' }, families: {} };
    for (const definition of [create.definition, create.definition, stranger])
      made.push(await ownInstance(definition, freshName(), admin));
  });
  afterAll(async () => void (await Promise.all(made.map((own) => own[Symbol.asyncDispose]()))));

  const pairs = [
    ['one instance', 'another', 0, 1],
    ['the other', 'the one', 1, 0],
    ['the adapter', "a stranger's schema and prefix", 0, 2],
    ['a stranger', "the adapter's", 2, 0],
  ] as const;
  describe.each(pairs)('%s against %s', (_, __, from, to) => {
    test('in PostgreSQL', async () => {
      const { identity } = made[to]!;
      const tables = await withPostgres(made[to]!.target.admin.postgresUrl, (client) =>
        tablesOf(client, identity.schema),
      );
      expect(tables.length).toBeGreaterThan(5);
      await asRole(made[from]!, async (client) => {
        const attempts = tables.flatMap((table) => [
          `select 1 from ${table}`,
          `insert into ${table} default values`,
          `delete from ${table}`,
        ]);
        attempts.push(
          `create table ${identity.schema}.intruder ()`,
          `set role ${identity.roles.owner}`,
          `set role ${identity.roles.adapter}`,
        );
        for (const sql of attempts) await expect(client.query(sql), sql).rejects.toMatchObject({ code: DENIED });
      });
    });

    test('in Redis', async () => {
      const keys = keysFor(made[to]!);
      await asUser(made[from]!, async (client) => {
        for (const { key, isPublished } of keys) {
          await expect(client.set(key, '1'), key).rejects.toThrow(/NOPERM/);
          await expect(client.xadd(key, '*', 'a', '1'), key).rejects.toThrow(/NOPERM/);
          await expect(client.unlink(key), key).rejects.toThrow(/NOPERM/);
          if (isPublished) expect(await client.exists(key)).toBe(0);
          else await expect(client.get(key), key).rejects.toThrow(/NOPERM/);
        }
      });
    });
  });

  test('its own role reads and writes what is its own, and owns nothing', async () => {
    await asRole(made[0]!, async (client) => {
      const { schema } = made[0]!.identity;
      expect((await client.query('select count(*) from outbox')).rows).toHaveLength(1);
      for (const sql of [
        `create table ${schema}.own ()`,
        'create table public.own ()',
        'drop table outbox',
        'truncate outbox',
        "copy outbox to '/tmp/outbox'",
      ])
        await expect(client.query(sql), sql).rejects.toMatchObject({ code: DENIED });
    });
    await asUser(made[0]!, async (client) => {
      for (const { key } of keysFor(made[0]!)) expect(await client.set(key, '1', 'PX', 1000)).toBe('OK');
      for (const [command, ...args] of [
        ['keys', '*'],
        ['scan', '0'],
        ['flushall'],
        ['flushdb'],
        ['config', 'get', '*'],
        ['acl', 'list'],
        ['script', 'flush'],
        ['monitor'],
      ])
        await expect(client.call(command!, ...args), command).rejects.toThrow(/NOPERM/);
    });
  });

  test('a wrong password is no login', async () => {
    const [own, other] = made as [OwnInstance, OwnInstance];
    const nothing = () => Promise.resolve();
    await expect(asRole(own, nothing, other.passwords.postgres)).rejects.toMatchObject({ code: '28P01' });
    await expect(asUser(own, nothing, other.passwords.redis)).rejects.toThrow(/WRONGPASS/);
  });
}

/** One key of each family. */
function keysFor({ identity: { prefix }, definition }: OwnInstance): { key: string; isPublished: boolean }[] {
  const families: Readonly<Record<string, KeyFamily>> = { ...definition.families, ...coreFamilies };
  return Object.entries(keysOf(prefix, families)).map(([name, key]) => ({
    key: key('1'),
    isPublished: families[name]?.visibility === 'published',
  }));
}

/** A real login: `set session authorization` would not load the settings of a role. */
async function asRole<T>(
  own: OwnInstance,
  work: (client: Client) => Promise<T>,
  password = own.passwords.postgres,
): Promise<T> {
  const url = new URL(own.login().postgres.url);
  url.username = own.identity.roles.adapter;
  url.password = password;
  return withPostgres(url.href, work);
}

async function asUser<T>(
  own: OwnInstance,
  work: (client: Redis) => Promise<T>,
  password = own.passwords.redis,
): Promise<T> {
  const client = new Redis(own.login().redis.url, {
    username: own.identity.aclUser,
    password,
    lazyConnect: true,
    retryStrategy: () => null,
  });
  const refused = once(client, 'error');
  try {
    await client.connect().catch(async () => {
      throw (await refused)[0];
    });
    return await work(client);
  } finally {
    client.disconnect();
  }
}
