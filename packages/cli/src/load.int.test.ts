import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { dropInstance } from '@tse/core/admin';
import { tooling } from '@tse/market-data/tooling';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { withMigrations } from './adapters.ts';
import { main } from './main.ts';
import { sample } from './test-cli.ts';

const adapter = withMigrations(tooling);
const instance = `l${randomBytes(5).toString('hex')}`;
const prefix = `MARKET_DATA_${instance.toUpperCase()}_`;
const secret = 'a-canary-secret-2';
let cwd = '';

async function run(...words: string[]) {
  const { postgres, redis } = inject('servers');
  const written = { out: '', err: '' };
  const to = (stream: 'out' | 'err') => ({ write: (text: string) => void (written[stream] += text) });
  const code = await main([...words, '--instance', instance], {
    env: {
      TSE_ADMIN_POSTGRES_URL: postgres,
      TSE_ADMIN_REDIS_URL: redis,
      [`${prefix}POSTGRES_PASSWORD`]: secret,
      [`${prefix}REDIS_PASSWORD`]: secret,
    },
    cwd,
    stdout: to('out'),
    stderr: to('err'),
    signal: new AbortController().signal,
    adapters: [sample, adapter],
  });
  expect(written.out + written.err).not.toContain(secret);
  return { code, ...written };
}

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tse-load-'));
  expect(await run('migrate', 'market-data')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  const { postgres, redis } = inject('servers');
  await dropInstance(adapter.definition, { instance, admin: { postgresUrl: postgres, redisUrl: redis } });
  await rm(cwd, { recursive: true });
});

const trade = (i: number) =>
  `${i},0.0014${i},${i}.50000000,${i},${i},${1_570_752_011_000 + i * 1000},${i % 2 ? 'True' : 'False'}`;
const trades = Array.from({ length: 1234 }, (_, i) => trade(1000 + i));

test('a file is loaded once: inserted, then all duplicates', async () => {
  await writeFile(join(cwd, 'trades.csv.gz'), gzipSync(trades.join('\n')));
  const words = ['load', 'trades', 'trades.csv.gz', '--symbol', 'XRP-ETH'];
  const first = await run(...words);
  expect(first).toMatchObject({ code: 0 });
  expect(first.out.split('\n')).toEqual([
    'XRP-ETH was not known: it is now, with 8 decimals in prices and 8 in quantities',
    expect.stringMatching(/^closed candles: 21 of 1m, /),
    'trades of XRP-ETH, venue import: 1 234 inserted, 0 duplicate, 0 rejected',
    '',
  ]);
  expect(first.err).toContain('100/100 % of trades.csv.gz\n');
  expect((await run(...words)).out).toBe('trades of XRP-ETH, venue import: 0 inserted, 1 234 duplicate, 0 rejected\n');
  const { out } = await run(...words, '--source', 'binance', '--json');
  expect(JSON.parse(out)).toMatchObject({ of: 'trades of XRP-ETH, venue binance', inserted: 1234, rejections: [] });
});

test('rejected rows are shown with line and reason, the first of them, and all are kept where that is asked', async () => {
  const rows = Array.from({ length: 30 }, (_, i) => (i % 10 === 0 ? trade(5000 + i) : `bad ${i}`));
  await writeFile(join(cwd, 'bad.csv'), rows.join('\n'));
  const words = ['load', 'trades', 'bad.csv', '--symbol', 'XRP-ETH'];
  const { code, out, err } = await run(...words, '--rejected', 'rejected.tsv');
  expect(code).toBe(0);
  expect(out).toContain('3 inserted, 0 duplicate, 27 rejected');
  expect(err).toContain('line 2: a trade has 7 columns, here is 1\n');
  expect(err.match(/^line /gm)).toHaveLength(20);
  expect(err).toContain('… and 7 more\n');
  const kept = (await readFile(join(cwd, 'rejected.tsv'), 'utf8')).trimEnd().split('\n');
  expect(kept).toHaveLength(27);
  expect(kept.at(-1)).toBe('30\ta trade has 7 columns, here is 1');
  const json = JSON.parse((await run(...words, '--json')).out) as { rejections: object[] };
  expect(json.rejections).toHaveLength(20);
  expect(json.rejections[0]).toEqual({ line: 2, reason: 'a trade has 7 columns, here is 1' });
});

test('candles too', async () => {
  const candle = (i: number) =>
    `${1_509_836_520_000 + i * 60_000},1.5,2,1,1.25,${i}.5,${1_509_836_579_999 + i * 60_000}`;
  await writeFile(join(cwd, 'candles.csv'), [0, 1, 5].map(candle).join('\n'));
  expect((await run('load', 'candles', 'candles.csv', '--symbol', 'NEO/BTC')).out).toContain(
    '1m candles of NEO-BTC, source import: 3 inserted, 0 duplicate, 0 rejected',
  );
});

test('what is wrong with the command line, or with the file, is said', async () => {
  expect(await run('load', '--help')).toMatchObject({
    code: 0,
    out: expect.stringContaining('tse load trades|candles'),
  });
  const file = ['trades.csv.gz', '--symbol', 'XRP-ETH'];
  const cases: [words: string[], code: number, message: RegExp][] = [
    [['trades'], 2, /load needs what is in the file, and the file/],
    [['trades', 'trades.csv.gz'], 2, /load needs --symbol/],
    [['books', ...file], 2, /no adapter takes in books; there is trades, candles/],
    [['trades', ...file, '--adapter', 'sample'], 2, /no adapter takes in trades/],
    [['trades', 'absent.csv', '--symbol', 'XRP-ETH'], 1, /there is no such file/],
    [['trades', 'trades.csv.gz', '--symbol', 'what'], 1, /expected a symbol such as BTC-USD/],
    [['candles', 'candles.csv', '--symbol', 'NEO-BTC', '--interval', '7m'], 1, /there is no interval 7m; there is 1m/],
  ];
  for (const [words, code, message] of cases) {
    const answer = await run('load', ...words);
    expect(answer, words.join(' ')).toMatchObject({ code, out: '', err: expect.stringMatching(message) });
  }
});
