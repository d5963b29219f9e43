import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TickInput } from '@tse/market-data';
import { fetchTools } from '@tse/testkit/servers';
import { Redis } from 'ioredis';
import type { MarketStage } from './candle-data.ts';
import { type Contender, type Rounds, type Row, compare, interleave, skipped } from './measure.ts';

const execute = promisify(execFile);
const SYMBOLS = 100;
const A_SYMBOL = 100;
const RING = 1000;

/** Live ticks through the adapter's buffered writer, against the server's limit and against a client that sends each by itself. */
export async function ticks({ adapter, redis }: MarketStage, rounds: Rounds): Promise<Row[]> {
  const { redisBenchmark } = await fetchTools();
  const symbols = Array.from({ length: SYMBOLS }, (_, i) => `T${i}-USD`);
  for (const symbol of symbols)
    await adapter.instruments.register({ symbol, tickSize: '0.01', stepSize: '0.00000001' });
  const client = new Redis({ ...redis, lazyConnect: true });
  await client.connect();
  let sequence = 0;
  const nextTicks = (): TickInput[] => {
    const at = new Date();
    const all: TickInput[] = [];
    for (let i = 0; i < A_SYMBOL; i += 1) {
      sequence += 1;
      for (const symbol of symbols)
        all.push({ symbol, source: 'bench', eventAt: at, sequence, price: `${30_000 + (sequence % 1000)}.25` });
    }
    return all;
  };
  /** What is sent is made ahead and outside of the time. */
  const timed = (name: string, work: (some: TickInput[]) => Promise<unknown>): Contender => ({
    name,
    async run(seconds) {
      let spent = 0;
      let done = 0;
      while (spent < seconds * 1000) {
        const some = nextTicks();
        const started = performance.now();
        await work(some);
        spent += performance.now() - started;
        done += some.length;
      }
      return { done, seconds: spent / 1000 };
    },
  });
  const ours = timed('adapter: record', (some) => adapter.prices.record(some));
  const single = timed('pipeline of single ticks', async (some) => {
    for (let i = 0; i < some.length; i += A_SYMBOL) {
      const pipeline = client.pipeline();
      for (const { symbol, source, eventAt, sequence: n, price } of some.slice(i, i + A_SYMBOL)) {
        const key = `market:ticks:{PEER-${symbol}}`;
        pipeline.lpush(key, `${source} ${(eventAt as Date).getTime()} ${n} ${price}`);
        pipeline.ltrim(key, 0, RING - 1);
      }
      await pipeline.exec();
    }
  });
  const limit: Contender = {
    name: 'redis-benchmark -P 100',
    run: async (seconds) => {
      const { host, port, username, password } = redis;
      const login = ['-h', host, '-p', String(port), '--user', username, '-a', password, '-c', '1', '-P', '100'];
      const command = ['LPUSH', 'market:ticks:{PEER-LIMIT}', 'bench 1735689600000 123456 30000.25'];
      const requests = String(Math.round(seconds * 500_000));
      const { stdout } = await execute(redisBenchmark!, [...login, '-n', requests, '--csv', ...command]);
      const perSecond = Number(stdout.trim().split('\n').at(-1)!.split(',')[1]!.replaceAll('"', ''));
      await client.unlink('market:ticks:{PEER-LIMIT}');
      if (!(perSecond > 0)) throw new Error('redis-benchmark did nothing');
      return { done: perSecond, seconds: 1 };
    },
  };
  try {
    const samples = await interleave([ours, single, ...(redisBenchmark ? [limit] : [])], rounds);
    const bench = 'ticks: buffered';
    return [
      redisBenchmark
        ? compare(samples, { bench, ours: ours.name, peer: limit.name, target: 0.4 })
        : skipped(bench, 'redis-benchmark could not be had'),
      compare(samples, { bench, ours: ours.name, peer: single.name, target: 4 }),
    ];
  } finally {
    client.disconnect();
  }
}
