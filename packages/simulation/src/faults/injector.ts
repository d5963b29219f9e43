import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { drawsOf } from '../participants/draws.ts';
import type { Arena } from './arena.ts';

/** One kind of fault: breaks something, and has mended it when it resolves. Outages answer when the server was back. */
type Fault = (arena: Arena) => Promise<{ backAt: number } | void>;

const ROLE = 'exchange_adapter';
/** A strike that nothing runs into is called off. */
const STRIKE_MS = 150;

async function asAdmin(arena: Arena, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(arena.admin.postgresUrl);
  client.on('error', () => {});
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

async function onRedis(arena: Arena, ...command: [string, ...string[]]): Promise<void> {
  const client = new Redis(arena.admin.redisUrl, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.call(...command);
  } finally {
    client.disconnect();
  }
}

async function strike(made: Disposable & { struck: Promise<unknown> }): Promise<void> {
  using _ = made;
  await Promise.race([made.struck, sleep(STRIKE_MS)]);
}

async function forAWhile(fault: Disposable, ms: number): Promise<void> {
  using _ = fault;
  await sleep(ms);
}

const backends = `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${ROLE}' and random() < 0.5`;

export const faults: Readonly<Record<string, Fault>> = {
  'reply cut after COMMIT': ({ toPostgres }) => strike(toPostgres.cutAfterCommit()),
  'cut before COMMIT': ({ toPostgres }) => strike(toPostgres.cutBeforeCommit()),
  'reply of settle cut': ({ toPostgres }) => strike(toPostgres.cutAfterCommit({ match: /settle/ })),
  'reply of place cut': ({ toPostgres }) => strike(toPostgres.cutAfterCommit({ match: /place/ })),
  'PostgreSQL sockets cut': async ({ toPostgres }) => void toPostgres.cut(),
  'PostgreSQL delayed': ({ toPostgres }) => forAWhile(toPostgres.delay(20), 200),
  'PostgreSQL silent': async ({ toPostgres }) => {
    await forAWhile(toPostgres.blackhole(), 300);
    return { backAt: performance.now() };
  },
  'backends terminated': (arena) => asAdmin(arena, (client) => client.query(backends)),
  'backend killed': async (arena) => {
    const pids: number[] = [];
    await asAdmin(arena, async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        `select pid from pg_stat_activity where usename = '${ROLE}' limit 1`,
      );
      pids.push(...rows.map(({ pid }) => pid));
    });
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    return { backAt: performance.now() };
  },
  'PostgreSQL killed': async ({ postgres }) => {
    await postgres.kill('SIGKILL');
    await postgres.restart();
    return { backAt: performance.now() };
  },
  'PostgreSQL stopped for a while': async ({ postgres }) => {
    await postgres.kill('SIGSTOP');
    await sleep(300);
    await postgres.kill('SIGCONT');
    return { backAt: performance.now() };
  },
  'Redis reply cut': ({ toRedis }) => strike(toRedis.cutReply()),
  'Redis sockets cut': async ({ toRedis }) => void toRedis.cut(),
  'Redis flushed': (arena) => onRedis(arena, 'FLUSHALL'),
  'Redis scripts flushed': (arena) => onRedis(arena, 'SCRIPT', 'FLUSH'),
  'Redis killed, back empty': async (arena) => {
    await onRedis(arena, 'FLUSHALL').catch(() => {});
    await arena.redis.kill('SIGKILL');
    await arena.redis.restart();
    return { backAt: performance.now() };
  },
  'Redis stopped for a while': async ({ redis }) => {
    await redis.kill('SIGSTOP');
    await sleep(300);
    await redis.kill('SIGCONT');
  },
};

export interface Injected {
  readonly byKind: Record<string, number>;
  /** Milliseconds from when PostgreSQL, or the way to it, was back to the first acknowledged write. */
  readonly recoveries: number[];
  readonly total: number;
}

/** Draws faults from a seed, each of the kinds once before any comes again, until there were so many. */
export async function inject(arena: Arena, seed: string, count: number, lastSuccess: () => number): Promise<Injected> {
  const draw = drawsOf(`${seed} faults`);
  const byKind: Record<string, number> = {};
  const recoveries: number[] = [];
  let waiting: string[] = [];
  for (let n = 0; n < count; n += 1) {
    if (waiting.length === 0) waiting = Object.keys(faults);
    const [kind] = waiting.splice(draw(waiting.length), 1) as [string];
    byKind[kind] = (byKind[kind] ?? 0) + 1;
    const outage = await faults[kind]!(arena);
    if (outage && !kind.startsWith('Redis')) {
      while (lastSuccess() < outage.backAt && performance.now() - outage.backAt < 30_000) await sleep(2);
      recoveries.push(lastSuccess() - outage.backAt);
    } else await sleep(draw(60));
  }
  return { byKind, recoveries, total: count };
}
