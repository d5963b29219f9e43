import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AuditOptions, createAuditAdapter, definition } from '@tse/audit';
import { type AdminAccess, migrate, provision } from '@tse/core/admin';
import { migrationsDirectory } from '@tse/migrations';
import { randomPassword, startPostgres, startRedis } from '@tse/testkit/servers';
import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, test } from 'vitest';
import { checkTrail } from '../audit-correlator.ts';
import { drawsOf } from '../participants/draws.ts';
import { withoutLogin } from './arena.ts';

const seed = process.env['FAULT_SEED'] || String(Date.now());
const EVENTS = Number(process.env['FAULT_EVENTS'] || 100_000);
const FAULTS = 25;
const AGGREGATES = 50;
const SOURCE = 'source';
const DRAINED_WITHIN_MS = 300_000;

const adapter = { ...definition, migrations: migrationsDirectory };
const script = fileURLToPath(new URL('audit-process.fixture.ts', import.meta.url));

/** A process that is killed and begun again. */
class Killed implements AsyncDisposable {
  readonly #options: AuditOptions;
  #child: ChildProcess;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#child = this.#spawn();
  }

  async again(): Promise<void> {
    await this[Symbol.asyncDispose]();
    this.#child = this.#spawn();
    await once(this.#child.stdout!, 'data');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  #spawn(): ChildProcess {
    const env = { ...process.env, AUDIT_PROCESS: JSON.stringify(this.#options) };
    return spawn(process.execPath, ['--conditions=@tse/source', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  }
}

/** Writes until it is known to be there: the ids say whether it is. */
async function write(admin: AdminAccess, from: number, count: number): Promise<void> {
  for (;;) {
    const client = new pg.Client(admin.postgresUrl);
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query(
        `insert into audit_${SOURCE}.outbox (event_id, type, aggregate, aggregate_id, aggregate_version, payload, occurred_at)
         select 'e-' || i, 'thing.changed', 'thing', 't-' || i % ${AGGREGATES}, i / ${AGGREGATES} + 1, jsonb_build_object('n', i, 'amount', '10.50'), '2026-01-01T00:00:00Z'
         from generate_series($1::integer, $1 + $2::integer - 1) as i on conflict do nothing`,
        [from, count],
      );
      return;
    } catch {
      await sleep(50);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

test(`${EVENTS} events through killed relays, consumers, Redis and PostgreSQL: each once, in order, and the chain verifies`, async () => {
  console.log(`FAULT_SEED=${seed}`);
  const draw = drawsOf(`${seed} audit`);
  const quiet = { purpose: 'test', durable: true, env: { ...process.env, INFRA: 'embedded' }, log: () => {} } as const;
  await using postgres = await startPostgres(quiet);
  await using redis = await startRedis(quiet);
  const admin = { postgresUrl: postgres.adminUrl, redisUrl: redis.adminUrl };
  const open = async (instance?: string): Promise<AuditOptions> => {
    const passwords = { postgres: randomPassword(), redis: randomPassword() };
    await provision(adapter, { ...(instance && { instance }), admin, passwords });
    await migrate(adapter, { ...(instance && { instance }), admin });
    return {
      ...(instance && { instance }),
      postgres: { url: withoutLogin(admin.postgresUrl), password: passwords.postgres },
      redis: { url: withoutLogin(admin.redisUrl), password: passwords.redis },
    };
  };
  const [own, other] = [await open(), await open(SOURCE)];
  const sources = [{ ...definition.identity, instance: SOURCE }];
  await using relay = new Killed({ ...other, workers: ['relay-events'] });
  await using consumer = new Killed({ ...own, workers: ['ingest-sources', 'seal-blocks'], sources });

  const kinds = {
    relay: () => relay.again(),
    consumer: () => consumer.again(),
    both: async () => void (await Promise.all([relay.again(), consumer.again()])),
    redis: async () => {
      await redis.kill('SIGKILL');
      await redis.restart();
    },
    flush: async () => {
      const client = new Redis(admin.redisUrl);
      await client.flushall();
      client.disconnect();
    },
    postgres: async () => {
      await postgres.kill('SIGKILL');
      await postgres.restart();
    },
  };
  const struck: Record<string, number> = {};
  const names = Object.keys(kinds) as (keyof typeof kinds)[];
  const inject = async () => {
    for (let i = 0; i < FAULTS; i += 1) {
      // Each kind a few times, in an order that the seed says.
      const name = i < names.length * 2 ? names[i % names.length]! : names[draw(names.length)]!;
      await kinds[name]();
      struck[name] = (struck[name] ?? 0) + 1;
      await sleep(100 + draw(900));
    }
  };
  const produce = async () => {
    const batch = Math.ceil(EVENTS / 100);
    for (let from = 0; from < EVENTS; from += batch) {
      await write(admin, from, Math.min(batch, EVENTS - from));
      await sleep(draw(300));
    }
  };
  await Promise.all([inject(), produce()]);
  console.log(`struck: ${JSON.stringify(struck)}`);

  await using audit = createAuditAdapter({ ...own, workers: false });
  await expect
    .poll(async () => (await audit.sources.find(`audit_${SOURCE}`).catch(() => undefined))?.checkpoint, {
      timeout: DRAINED_WITHIN_MS,
      interval: 500,
    })
    .toBe(EVENTS);
  const found = await checkTrail(audit, { instance: undefined, admin }, [
    { definition, target: { instance: SOURCE, admin } },
  ]);
  expect(found).toMatchObject([
    { name: 'trail', ok: true, compared: EVENTS },
    { name: 'coverage', ok: true, compared: EVENTS },
    { name: 'order', ok: true, compared: EVENTS },
    { name: 'blocks', ok: true },
  ]);
});
