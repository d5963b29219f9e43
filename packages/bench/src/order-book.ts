import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { type Decimal, openAdapter } from '@tse/core';
import { definition } from '@tse/exchange';
import { fetchTools } from '@tse/testkit/servers';
import { Redis } from 'ioredis';
import type { BookChange } from '../../exchange/src/order-books/book-fold.ts';
import { BookProjectionStore } from '../../exchange/src/order-books/book-projection.store.ts';
import {
  type Contender,
  type Rounds,
  type Row,
  type Sample,
  callers,
  compare,
  interleave,
  skipped,
} from './measure.ts';
import type { Stage } from './stage.ts';

const execute = promisify(execFile);
const A_CALL = 100;
const LEVELS = 500;
const terms = { epoch: 'bench', tickSize: '1' as Decimal, lotSize: '1' as Decimal };

const lua = (name: string) => readFileSync(new URL(`../../exchange/lua/${name}.lua`, import.meta.url), 'utf8');
const keysOf = (symbol: string, parts: readonly string[]) =>
  parts.map((part) => `exchange:order-book:{${symbol}}:${part}`);

const orderAt = (sequence: number): BookChange => ({
  sequence,
  orderId: `order-${sequence}`,
  side: sequence % 2 ? 'buy' : 'sell',
  price: String(sequence % 2 ? LEVELS - (sequence % LEVELS) : LEVELS + 1 + (sequence % LEVELS)) as Decimal,
  quantity: '7' as Decimal,
  acceptSequence: sequence,
});

/** Adds of 100 orders a call, and the best 20 levels of a book, against the same scripts by clients that do nothing else. */
export async function orderBook({ options, redis }: Stage, rounds: Rounds): Promise<Row[]> {
  const { context, keys, mount } = openAdapter({ ...definition, options: { ...options, workers: false } });
  const base = mount();
  const store = new BookProjectionStore(context, keys.orderBook);
  const client = new Redis({ ...redis, lazyConnect: true });
  await client.connect();
  const empty = async (symbol: string) => {
    await client.unlink(...keysOf(symbol, ['head', 'bids', 'asks', 'orders', 'levels']));
    await client.hset(keysOf(symbol, ['head'])[0]!, 'seq', '0', 'epoch', terms.epoch);
  };
  try {
    const adds: Contender = {
      name: 'adapter: adds',
      async run(seconds) {
        await empty('OURS');
        let sequence = 0;
        const sample = await callers(1, seconds, () =>
          store.apply(
            'OURS',
            terms,
            Array.from({ length: A_CALL }, () => orderAt((sequence += 1))),
          ),
        );
        return { ...sample, done: sample.done * A_CALL };
      },
    };
    const sha = String(
      await client
        .script('LOAD', lua('apply-book-changes'))
        .catch(() => createHash('sha1').update(lua('apply-book-changes')).digest('hex')),
    );
    await store.apply('WARM', terms, [orderAt(1)]); // the adapter's user may not load scripts: a first call does
    const bareAdds: Contender = {
      name: 'bare socket: adds',
      async run(seconds) {
        await empty('PEER');
        return bareSocket(redis, seconds, (sequence) => {
          const { orderId, side, price, quantity } = orderAt(sequence);
          const accepted = String(sequence).padStart(16, '0');
          return [
            'EVALSHA',
            sha,
            '5',
            ...keysOf('PEER', ['head', 'bids', 'asks', 'orders', 'levels']),
            terms.epoch,
            String(sequence),
            orderId,
            side === 'buy' ? 'b' : 'a',
            price,
            quantity,
            accepted,
          ];
        });
      },
    };
    const rows = [
      compare(await interleave([adds, bareAdds], rounds), {
        bench: 'order book, 100 adds a call',
        ours: adds.name,
        peer: bareAdds.name,
        target: 0.8,
        note: 'redis-benchmark cannot number its calls: the peer is the same script, one add a call, 100 calls in flight, encoded for a bare socket',
      }),
    ];
    const { redisBenchmark } = await fetchTools();
    if (!redisBenchmark)
      return [...rows, skipped('order book, depth of 20 levels', 'redis-benchmark could not be had')];
    await empty('OURS');
    for (let sequence = 0; sequence < 4 * LEVELS;)
      await store.apply(
        'OURS',
        terms,
        Array.from({ length: A_CALL }, () => orderAt((sequence += 1))),
      );
    await store.depth('OURS', terms, 20);
    const depthSha = createHash('sha1').update(lua('read-book-depth')).digest('hex');
    const depth: Contender = {
      name: 'adapter: depth',
      run: (seconds) => callers(1, seconds, () => store.depth('OURS', terms, 20)),
    };
    const bareDepth: Contender = {
      name: 'redis-benchmark: depth',
      run: (seconds) =>
        redisBenchmarkRun(redisBenchmark, redis, seconds, [
          'EVALSHA',
          depthSha,
          '4',
          ...keysOf('OURS', ['head', 'bids', 'asks', 'levels']),
          terms.epoch,
          '20',
        ]),
    };
    const samples = await interleave([depth, bareDepth], rounds);
    return [
      ...rows,
      compare(samples, {
        bench: 'order book, depth of 20 levels',
        ours: depth.name,
        peer: bareDepth.name,
        target: 0.45,
      }),
    ];
  } finally {
    client.disconnect();
    await base.close();
  }
}

const encode = (words: readonly string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

/** The fastest a client can be: commands encoded ahead, 100 in flight, replies counted and not read. */
async function bareSocket(
  { host, port, username, password }: Stage['redis'],
  seconds: number,
  command: (n: number) => string[],
): Promise<Sample> {
  const chunks = Array.from({ length: Math.ceil(seconds * 2500) }, (_, chunk) =>
    Buffer.from(Array.from({ length: A_CALL }, (_, i) => encode(command(chunk * A_CALL + i + 1))).join('')),
  );
  const socket = connect(port, host);
  await once(socket, 'connect');
  socket.write(encode(['AUTH', username, password]));
  await once(socket, 'data');
  const started = performance.now();
  let done = 0;
  for (const chunk of chunks) {
    if (performance.now() - started > seconds * 1000) break;
    socket.write(chunk);
    // Each reply is an array of two integers: `*2`.
    for (let replies = 0; replies < A_CALL;) {
      const [data] = (await once(socket, 'data')) as [Buffer];
      for (let at = data.indexOf(42); at >= 0; at = data.indexOf(42, at + 1)) replies += 1;
    }
    done += A_CALL;
  }
  const elapsed = (performance.now() - started) / 1000;
  socket.destroy();
  return { done, seconds: elapsed };
}

async function redisBenchmarkRun(
  program: string,
  { host, port, username, password }: Stage['redis'],
  seconds: number,
  command: string[],
): Promise<Sample> {
  const requests = Math.max(1000, Math.round(seconds * 8000));
  const started = performance.now();
  const login = [
    '-h',
    host,
    '-p',
    String(port),
    '--user',
    username,
    '-a',
    password,
    '-c',
    '1',
    '-P',
    '1',
    '-n',
    String(requests),
    '--csv',
  ];
  const { stdout } = await execute(program, [...login, ...command]);
  const rates = stdout.trim().split('\n').at(-1)!.split(',');
  const perSecond = Number(rates[1]!.replaceAll('"', ''));
  return perSecond > 0
    ? { done: perSecond, seconds: 1 }
    : { done: requests, seconds: (performance.now() - started) / 1000 };
}
