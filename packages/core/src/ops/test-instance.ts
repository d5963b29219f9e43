import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { dropInstance, migrate, provision } from '../admin/index.ts';
import type { AdapterOptions } from '../pipe/config.ts';
import { keyFamilies } from '../redis/keys.ts';

export const identity = { name: 'sample', schema: 'sample', prefix: 'sample' };
export const families = keyFamilies({ note: 'note' });
export const minSchema = '0001_create_notes';
const coreMigrations = new URL('../../../../migrations/core', import.meta.url);

export interface SampleInstance extends AsyncDisposable {
  readonly instance: string;
  /** Log in as the instance's own role and ACL user; `through` other ports where given. */
  options(through?: { postgres?: number; redis?: number }): AdapterOptions;
}

interface Servers {
  postgres: string;
  redis: string;
}

/** A fresh instance of a sample adapter: provisioned, and migrated unless told otherwise. */
export async function sampleInstance(servers: Servers, { migrated = true } = {}): Promise<SampleInstance> {
  const instance = `t${randomBytes(6).toString('hex')}`;
  const password = randomBytes(18).toString('base64url');
  const folder = await mkdtemp(join(tmpdir(), 'tse-migrations-'));
  await cp(coreMigrations, join(folder, 'core'), { recursive: true });
  await mkdir(join(folder, 'sample'));
  await writeFile(
    join(folder, 'sample', `${minSchema}.sql`),
    `create table notes (id text primary key, body text not null);
     create table readings (value integer not null, recorded_at timestamptz not null default clock_timestamp())
       partition by range (recorded_at);
     select ensure_partitions('readings', clock_timestamp());`,
  );
  const definition = { identity, families, migrations: pathToFileURL(`${folder}/`), minSchema };
  const admin = { postgresUrl: servers.postgres, redisUrl: servers.redis };
  await provision(definition, { instance, admin, passwords: { postgres: password, redis: password } });
  if (migrated) await migrate(definition, { instance, admin });
  return {
    instance,
    options: ({ postgres, redis } = {}) => ({
      instance,
      postgres: { url: moved(servers.postgres, postgres), user: `sample_${instance}_adapter`, password },
      redis: { url: moved(servers.redis, redis), user: `sample_${instance}_adapter`, password },
      logger: pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }),
    }),
    async [Symbol.asyncDispose]() {
      await dropInstance(definition, { instance, admin });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function moved(url: string, port: number | undefined): string {
  if (port === undefined) return url;
  const there = new URL(url);
  there.hostname = '127.0.0.1';
  there.port = String(port);
  return there.href;
}
