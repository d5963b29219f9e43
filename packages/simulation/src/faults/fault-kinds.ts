import { setTimeout as sleep } from 'node:timers/promises';
import { identify } from '@tse/core';
import { definition } from '@tse/exchange';
import type { Strike } from '@tse/testkit';
import { Redis } from 'ioredis';
import type { Arena } from './arena.ts';

type Draw = (below: number) => number;

export interface FaultKind {
  /** Breaks something, and has mended it when it resolves; `false` where nothing was there to be broken. */
  inject(arena: Arena, draw: Draw): Promise<boolean | void>;
  /** It takes a whole store away: what must work again afterwards. */
  readonly outageOf?: 'postgres' | 'redis';
}

const ROLE = identify(definition.identity).roles.adapter;
/** A strike that nothing runs into is called off. */
const STRIKE_WITHIN_MS = 1000;

/** From what nobody notices to beyond every deadline of a connection. */
const howLong = (draw: Draw): number => 200 + draw(2500);

const strike = (arm: (arena: Arena) => Strike): FaultKind => ({
  async inject(arena) {
    using armed = arm(arena);
    const struck = await Promise.race([armed.struck, sleep(STRIKE_WITHIN_MS)]);
    return struck !== undefined;
  },
});

const forAWhile = (begin: (arena: Arena) => Disposable): FaultKind['inject'] =>
  async function (arena, draw) {
    using _ = begin(arena);
    await sleep(howLong(draw));
  };

const stopped = (store: 'postgres' | 'redis'): FaultKind => ({
  outageOf: store,
  async inject(arena, draw) {
    await arena[store].kill('SIGSTOP');
    await sleep(howLong(draw));
    await arena[store].kill('SIGCONT');
  },
});

async function killed(arena: Arena, store: 'postgres' | 'redis'): Promise<void> {
  await arena[store].kill('SIGKILL');
  await arena[store].restart();
}

async function onRedis({ admin }: Arena, ...command: [string, ...string[]]): Promise<void> {
  const client = new Redis(admin.redisUrl, { lazyConnect: true });
  client.on('error', () => {}); // the command is told
  try {
    await client.connect();
    await client.call(...command);
  } finally {
    client.disconnect();
  }
}

const backendsOf = async (arena: Arena, what: string): Promise<number> =>
  await arena.asAdmin(async (client) => {
    const { rowCount } = await client.query(`select ${what} from pg_stat_activity where usename = '${ROLE}'`);
    return rowCount ?? 0;
  });

/** One dies of SIGKILL: the server ends all others and recovers. */
async function killBackend(arena: Arena): Promise<boolean> {
  const killed = await arena.asAdmin(async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity where usename = '${ROLE}' order by state, random() limit 1`,
    );
    const [victim] = rows;
    if (!victim) return false;
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    process.kill(victim.pid, 'SIGKILL');
    await ended;
    return true;
  });
  if (killed) await arena.asAdmin((client) => client.query('select 1'));
  return killed;
}

export const faultKinds: Readonly<Record<string, FaultKind>> = {
  'reply cut after COMMIT': strike(({ toPostgres }) => toPostgres.cutAfterCommit()),
  'reply of settle cut': strike(({ toPostgres }) => toPostgres.cutAfterCommit({ match: /settle_matches/ })),
  'reply of place cut': strike(({ toPostgres }) => toPostgres.cutAfterCommit({ match: /place_orders/ })),
  'cut before COMMIT': strike(({ toPostgres }) => toPostgres.cutBeforeCommit()),
  'settle cut before COMMIT': strike(({ toPostgres }) => toPostgres.cutBeforeCommit({ match: /settle_matches/ })),
  'PostgreSQL sockets cut': { inject: async ({ toPostgres }) => toPostgres.cut() > 0 },
  'PostgreSQL slow': { inject: forAWhile(({ toPostgres }) => toPostgres.delay(30)) },
  'PostgreSQL silent': { outageOf: 'postgres', inject: forAWhile(({ toPostgres }) => toPostgres.blackhole()) },
  'backends terminated': { inject: async (arena) => (await backendsOf(arena, 'pg_terminate_backend(pid)')) > 0 },
  'backend killed': { outageOf: 'postgres', inject: killBackend },
  'PostgreSQL killed': { outageOf: 'postgres', inject: (arena) => killed(arena, 'postgres') },
  'PostgreSQL stopped': stopped('postgres'),
  'Redis reply cut': strike(({ toRedis }) => toRedis.cutReply()),
  'Redis sockets cut': { inject: async ({ toRedis }) => toRedis.cut() > 0 },
  'Redis clients killed': { inject: (arena) => onRedis(arena, 'CLIENT', 'KILL', 'TYPE', 'normal') },
  'Redis emptied': { inject: (arena) => onRedis(arena, 'FLUSHALL') },
  'Redis scripts emptied': { inject: (arena) => onRedis(arena, 'SCRIPT', 'FLUSH') },
  'Redis silent': { outageOf: 'redis', inject: forAWhile(({ toRedis }) => toRedis.blackhole()) },
  'Redis killed': { outageOf: 'redis', inject: (arena) => killed(arena, 'redis') },
  'Redis emptied and killed': {
    outageOf: 'redis',
    inject: async (arena) => {
      await onRedis(arena, 'FLUSHALL');
      await killed(arena, 'redis');
    },
  },
  'Redis stopped': stopped('redis'),
};
