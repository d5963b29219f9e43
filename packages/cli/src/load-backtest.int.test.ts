import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropInstance } from '@tse/core/admin';
import { tooling } from '@tse/trading/tooling';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { withMigrations } from './adapters.ts';
import { main } from './main.ts';
import { sample } from './test-cli.ts';

const adapter = withMigrations(tooling);
const instance = `b${randomBytes(5).toString('hex')}`;
const prefix = `TRADING_${instance.toUpperCase()}_`;
const secret = 'a-canary-secret-3';
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
  cwd = await mkdtemp(join(tmpdir(), 'tse-backtest-'));
  expect(await run('migrate', 'trading')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  const { postgres, redis } = inject('servers');
  await dropInstance(adapter.definition, { instance, admin: { postgresUrl: postgres, redisUrl: redis } });
  await rm(cwd, { recursive: true });
});

const file = `pair,is_short,amount,open_date,close_date,open_rate,close_rate,fee_open,fee_close,exit_reason
BTC/USDT,False,1,2026-01-01 08:00:00+00:00,2026-01-02 08:00:00+00:00,100,110,0.001,0.001,roi
BTC/USDT,True,2,2026-01-02 08:00:00+00:00,2026-01-03 08:00:00+00:00,110,115,0.001,0.001,stop_loss
BTC/USDT,False,one,2026-01-03 08:00:00+00:00,2026-01-04 08:00:00+00:00,100,110,0.001,0.001,roi
`;

test('a trade list is loaded once, its metrics printed, and what is not taken in is told', async () => {
  await writeFile(join(cwd, 'bot.csv'), file);
  const first = await run('load', 'backtest', 'bot.csv', '--equity', '1000');
  expect(first).toMatchObject({
    code: 0,
    err: expect.stringContaining('line 4: amount: expected a decimal above zero'),
  });
  expect(first.out).toMatch(
    /^backtest import-[0-9a-f]{32} of import-bot\.csv, BTC-USDT: 2 inserted, 0 duplicate, 1 rejected\n/,
  );
  // 10 − 0.21 and −10 − 0.45 of 1000.
  expect(first.out).toMatch(/^ {2}total-return +-0\.00066$/m);
  expect(first.out).toMatch(/^ {2}win-rate +0\.5$/m);
  expect(first.out).toMatch(/^ {2}alpha +none: no benchmark$/m);

  const { out, code } = await run('load', 'backtest', 'bot.csv', '--equity', '1000', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    inserted: 0,
    duplicates: 2,
    rejected: 1,
    figures: { trades: 2, 'win-rate': 0.5, alpha: 'no-benchmark' },
    rejections: [{ line: 4 }],
  });
});

test('what the command line lacks, and a file that is none, is said', async () => {
  expect(await run('load', 'backtest')).toMatchObject({
    code: 2,
    err: expect.stringContaining('load backtest needs one file'),
  });
  await writeFile(join(cwd, 'none.csv'), 'a,b\n1,2\n');
  expect(await run('load', 'backtest', 'none.csv')).toMatchObject({
    code: 1,
    err: expect.stringContaining('its header has no column pair, side, amount'),
  });
  expect((await run('load', 'backtest', '--help')).out).toContain('tse load backtest FILE');
});
