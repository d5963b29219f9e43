import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client, Pool, type ClientConfig } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startPostgres, startRedis, type Server } from '../servers/index.ts';
import { startProxy, type FaultProxy } from './proxy.ts';

const lost = /ECONNRESET|Connection terminated|Connection is closed|Command aborted/;

describe('before PostgreSQL', () => {
  let server: Server;
  let proxy: FaultProxy;
  let direct: Client;
  const clients: Client[] = [];

  beforeAll(async () => {
    server = await startPostgres({ purpose: 'test', log: () => {} });
    proxy = await startProxy({ target: server });
    direct = new Client(server.adminUrl);
    await direct.connect();
    await direct.query('create table t (x int unique deferrable initially deferred)');
    await direct.query(
      'create function add_one(p int) returns int language sql as $$ insert into t values (p) returning x $$',
    );
  });
  beforeEach(async () => {
    await direct.query('truncate t');
  });
  afterEach(async () => {
    proxy.heal();
    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => {})));
  });
  afterAll(async () => {
    await direct.end();
    await proxy.stop();
    await server.stop();
  });

  const client = async (config: ClientConfig = {}): Promise<Client> => {
    const made = new Client({ connectionString: proxy.url(server.adminUrl), ...config });
    made.on('error', () => {});
    await made.connect();
    clients.push(made);
    return made;
  };
  const rows = async (): Promise<number[]> =>
    (await direct.query<{ x: number }>('select x from t order by x')).rows.map(({ x }) => x);

  test('what goes through is unchanged, large results and COPY-sized texts too', async () => {
    const db = await client();
    const { rows: answered } = await db.query<{ s: string }>("select repeat('é', 3_000_000) as s");
    expect(answered[0]?.s).toHaveLength(3_000_000);
    const text = 'x'.repeat(2_000_000);
    expect((await db.query<{ same: boolean }>('select $1 = repeat($2, 2000000) as same', [text, 'x'])).rows).toEqual([
      { same: true },
    ]);
  });

  const writes: [string, (db: Client) => Promise<unknown>][] = [
    ['a simple query', (db) => db.query('insert into t values (1)')],
    ['an unnamed statement', (db) => db.query('insert into t values ($1)', [1])],
    ['a named statement', (db) => db.query({ name: 'add', text: 'insert into t values ($1)', values: [1] })],
    ['a function', (db) => db.query({ name: 'f', text: 'select * from add_one($1)', values: [1] })],
  ];

  test.each(writes)('the reply to %s is lost after its commit', async (_, write) => {
    const db = await client();
    const strike = proxy.cutAfterCommit();
    expect((await db.query<{ n: number }>('select 1 as n')).rows).toEqual([{ n: 1 }]);
    await expect(write(db)).rejects.toThrow(lost);
    expect(await strike.struck).toMatch(/insert into t|add_one/);
    expect(await rows()).toEqual([1]);
    await (await client()).query('insert into t values (2)');
    expect(await rows()).toEqual([1, 2]);
  });

  test.each(writes)('%s never reaches the server', async (_, write) => {
    const db = await client();
    const strike = proxy.cutBeforeCommit();
    await db.query('select 1');
    await expect(write(db)).rejects.toThrow(lost);
    expect(await strike.struck).toMatch(/insert into t|add_one/);
    expect(await rows()).toEqual([]);
  });

  test('a statement that is prepared already is known by its name', async () => {
    const db = await client();
    const add = (x: number) => db.query({ name: 'add', text: 'insert into t values ($1)', values: [x] });
    await add(1);
    using strike = proxy.cutAfterCommit({ match: /^add$/ });
    await db.query('insert into t values (2)');
    await expect(add(3)).rejects.toThrow(lost);
    expect(await strike.struck).toBe('insert into t values ($1)');
    expect(await rows()).toEqual([1, 2, 3]);
  });

  const inTransaction = async (db: Client): Promise<void> => {
    await db.query('begin');
    await db.query('insert into t values ($1)', [1]);
    await db.query('commit');
  };

  test('in a transaction only the COMMIT is cut: after it all is there', async () => {
    const strike = proxy.cutAfterCommit();
    await expect(inTransaction(await client())).rejects.toThrow(lost);
    expect(await strike.struck).toBe('commit');
    expect(await rows()).toEqual([1]);
  });

  test('in a transaction only the COMMIT is cut: before it nothing is', async () => {
    const strike = proxy.cutBeforeCommit();
    await expect(inTransaction(await client())).rejects.toThrow(lost);
    expect(await strike.struck).toBe('commit');
    await expect.poll(rows).toEqual([]);
  });

  test('a match strikes the COMMIT of the transaction that holds it, and no other', async () => {
    const db = await client();
    using strike = proxy.cutAfterCommit({ match: /values \(\$1\)/ });
    await db.query('begin; insert into t values (7); commit');
    await expect(inTransaction(db)).rejects.toThrow(lost);
    expect(await strike.struck).toBe('commit');
    expect(await rows()).toEqual([1, 7]);
  });

  test('a commit that fails or rolls back is passed on, and the strike waits for one that does not', async () => {
    const db = await client();
    await db.query('insert into t values (1)');
    const strike = proxy.cutAfterCommit();
    await expect(db.query('insert into t values (1)')).rejects.toMatchObject({ code: '23505' });
    await db.query('begin');
    await db.query('insert into t values (1)');
    await expect(db.query('commit')).rejects.toMatchObject({ code: '23505' });
    await db.query('begin');
    await expect(db.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    expect((await db.query('commit')).command).toBe('ROLLBACK');
    await expect(db.query('insert into t values (2)')).rejects.toThrow(lost);
    expect(await strike.struck).toBe('insert into t values (2)');
    expect(await rows()).toEqual([1, 2]);
  });

  test('a strike that is called off does not strike', async () => {
    const db = await client();
    const strike = proxy.cutAfterCommit();
    proxy.heal();
    await db.query('insert into t values (1)');
    expect(await strike.struck).toBeUndefined();
  });

  test('pipelined statements are told apart', async () => {
    const db = await client({ pipeline: true });
    const strike = proxy.cutAfterCommit();
    const results = await Promise.allSettled([
      db.query('select 1'),
      db.query('begin'),
      db.query('insert into t values (1)'),
      db.query('commit'),
      db.query('select 2'),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(await strike.struck).toBe('commit');
    expect(await rows()).toEqual([1]);
  });

  test('down refuses and cuts until it is disposed of, and a pool comes back by itself', async () => {
    const pool = new Pool({ connectionString: proxy.url(server.adminUrl), max: 2 });
    pool.on('error', () => {});
    await pool.query('select 1');
    {
      await using _ = proxy.down();
      await expect(pool.query('select 1')).rejects.toThrow(lost);
    }
    await pool.query('select 1');
    await pool.end();
  });

  test('a black hole swallows, and what lost something cannot go on after it', async () => {
    const pool = new Pool({
      connectionString: proxy.url(server.adminUrl),
      query_timeout: 200,
      connectionTimeoutMillis: 200,
    });
    pool.on('error', () => {});
    const db = await client({ query_timeout: 200 });
    const idle = await client();
    {
      using _ = proxy.blackhole();
      await expect(db.query('insert into t values (1)')).rejects.toThrow('Query read timeout');
      await expect(pool.query('select 1')).rejects.toThrow(/timeout/);
    }
    await expect(db.query('select 1')).rejects.toThrow(/ECONNRESET|terminated|not queryable/);
    expect((await idle.query('select 1')).rowCount).toBe(1);
    expect((await pool.query('select 1')).rowCount).toBe(1);
    expect(await rows()).toEqual([]);
    await pool.end();
  });

  test('a delay is added to each request, in order', async () => {
    const db = await client();
    const timed = async (): Promise<number> => {
      const start = performance.now();
      await db.query('select 1');
      return performance.now() - start;
    };
    const plain = await timed();
    {
      using _ = proxy.delay(80);
      expect(await timed()).toBeGreaterThan(79);
    }
    expect(await timed()).toBeLessThan(80 + plain);
  });

  test('a killed server is heard of, and one that is back is reached again', async () => {
    const own = await startPostgres({ purpose: 'test', log: () => {} });
    const before = await startProxy({ target: own });
    try {
      const db = new Client(before.url(own.adminUrl));
      const ended = new Promise((resolve) => db.on('error', resolve));
      await db.connect();
      await own.kill();
      await ended;
      await expect(new Client(before.url(own.adminUrl)).connect()).rejects.toThrow(lost);
      await own.restart();
      const again = new Client(before.url(own.adminUrl));
      await again.connect();
      await again.end();
    } finally {
      await before.stop();
      await own.stop();
    }
  });
});

describe('before Redis', () => {
  let server: Server;
  let proxy: FaultProxy;
  let direct: Redis;
  let redis: Redis;

  beforeAll(async () => {
    server = await startRedis({ purpose: 'test', log: () => {} });
    proxy = await startProxy({ target: server });
    direct = new Redis(server.adminUrl);
  });
  beforeEach(async () => {
    await direct.flushall();
    redis = new Redis(proxy.url(server.adminUrl), {
      maxRetriesPerRequest: 0,
      retryStrategy: () => 5,
      autoResendUnfulfilledCommands: false,
    });
    redis.on('error', () => {});
    await redis.ping();
  });
  afterEach(() => {
    proxy.heal();
    redis.disconnect();
  });
  afterAll(async () => {
    direct.disconnect();
    await proxy.stop();
    await server.stop();
  });

  const failed = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      (value) => expect.fail(`answered ${String(value)}`),
      (error: unknown) => error,
    );

  test('the reply to a write is lost after it happened, reads before it are answered', async () => {
    const strike = proxy.cutReply();
    const [read, write] = await Promise.allSettled([redis.get('a'), redis.incr('a')]);
    expect([read.status, write.status]).toEqual(['fulfilled', 'rejected']);
    expect(await strike.struck).toMatch(/^incr a/i);
    expect(await direct.get('a')).toBe('1');
    await expect.poll(() => redis.incr('a').catch(() => 0)).toBe(2);
  });

  test('so it is for a script and for a transaction, but not for what failed', async () => {
    const strike = proxy.cutReply({ match: /^evalsha|^exec/i });
    await expect(redis.evalsha('0'.repeat(40), 0)).rejects.toThrow(/NOSCRIPT/);
    await redis.set('b', '1');
    await failed(redis.multi().incr('b').incr('b').exec());
    expect(await strike.struck).toMatch(/^exec/i);
    expect(await direct.get('b')).toBe('3');

    await expect.poll(() => redis.ping().catch(() => '')).toBe('PONG');
    const script = await direct.script('LOAD', "return redis.call('incr', KEYS[1])");
    const second = proxy.cutReply();
    await failed(redis.evalsha(String(script), 1, 'b'));
    expect(await second.struck).toContain(`${String(script)} 1 b`);
    expect(await direct.get('b')).toBe('4');
  });

  test('subscribers and blocking readers go through', async () => {
    const subscriber = new Redis(proxy.url(server.adminUrl));
    const heard = new Promise((resolve) => subscriber.on('message', (_, message) => resolve(message)));
    await subscriber.subscribe('news');
    await direct.publish('news', 'hello');
    expect(await heard).toBe('hello');
    subscriber.disconnect();
    const read = redis.xread('BLOCK', 5_000, 'STREAMS', 's', '0');
    await sleep(20);
    await direct.xadd('s', '1-0', 'k', 'v');
    expect(await read).toEqual([['s', [['1-0', ['k', 'v']]]]]);
  });

  test('cut and down', async () => {
    const waiting = failed(redis.blpop('never', 0));
    await sleep(20);
    expect(proxy.cut()).toBeGreaterThan(0);
    await waiting;
    await expect.poll(() => redis.ping().catch(() => '')).toBe('PONG');
    {
      await using _ = proxy.down();
      await failed(redis.set('a', '1'));
    }
    await expect.poll(() => redis.set('a', '1').catch(() => '')).toBe('OK');
  });
});
