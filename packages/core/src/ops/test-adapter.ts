import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
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

export interface Gate extends AsyncDisposable {
  readonly port: number;
  /** Connections are refused and those that are there are reset. */
  close(): void;
  open(): void;
  /** What arrives is swallowed, on both sides. */
  swallow(): void;
}

/** A TCP relay in front of a server that can be closed, opened and made to hang. */
export async function gate(url: string, { closed = false } = {}): Promise<Gate> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let state: 'open' | 'closed' | 'hanging' = closed ? 'closed' : 'open';
  const server = createServer((client) => {
    if (state === 'closed') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(from);
      from.on('data', (chunk) => state === 'open' && to.write(chunk));
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      state = 'closed';
      cut();
    },
    open: () => (state = 'open'),
    swallow: () => (state = 'hanging'),
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
