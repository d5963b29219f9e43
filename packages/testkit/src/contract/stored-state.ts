import type { InstanceIdentity } from '@tse/core';
import type { AdminAccess } from '@tse/core/admin';
import { Redis } from 'ioredis';
import { Client, escapeIdentifier } from 'pg';

export async function withPostgres<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** All that an instance holds: the rows of each table and each key with its content, as digests. What is cached comes and goes by itself. */
export async function storedState(
  { postgresUrl, redisUrl }: AdminAccess,
  { schema, prefix }: InstanceIdentity,
): Promise<Record<string, string>> {
  const state: Record<string, string> = {};
  await withPostgres(postgresUrl, async (client) => {
    const digests = (await tablesOf(client, schema)).map(
      (table) =>
        `select '${table}' as name, count(*) || '/' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) as digest from ${table} as t`,
    );
    const { rows } = await client.query<{ name: string; digest: string }>(digests.join(' union all '));
    for (const { name, digest } of rows) state[name] = digest;
  });
  const redis = new Redis(redisUrl);
  for (const key of await redis.keys(`${prefix}:*`))
    if (!key.startsWith(`${prefix}:cache:`)) state[key] = (await redis.dumpBuffer(key))?.toString('base64') ?? '';
  redis.disconnect();
  return state;
}

/** Qualified and quoted. */
export async function tablesOf(client: Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = to_regnamespace($1) and relkind in ('r', 'p') and not relispartition order by relname`,
    [escapeIdentifier(schema)],
  );
  return rows.map(({ name }) => `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`);
}
