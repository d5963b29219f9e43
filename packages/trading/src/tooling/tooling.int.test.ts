import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryBuilder } from '@tse/core';
import type { Facts, Loaded } from '@tse/core/admin';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measureOtherwise } from '../performance/other-method.ts';
import type { Tables } from '../schema.ts';
import { type TestTrading, testTrading } from '../test-trading.ts';
import { tooling } from './tooling.ts';

let t: TestTrading;
let folder: string;
beforeAll(async () => {
  t = await testTrading({ bare: true });
  folder = await mkdtemp(join(tmpdir(), 'tse-trading-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await t[Symbol.asyncDispose]();
});

const context = () => ({
  options: { ...t.box.options('trading'), workers: false },
  progress: () => {},
  signal: new AbortController().signal,
});
const verify = async () => {
  await using facts: Facts = await t.facts();
  return (await tooling.verify!({ ...context(), facts, factsOf: () => Promise.resolve(undefined) }))[0]!;
};
const spoil = (query: ReturnType<typeof sql>) =>
  t.stores.pg.query('test', 'write', { compile: () => query.compile(queryBuilder<Tables>()) });

test('seeding again changes nothing', async () => {
  const seeded = await tooling.seed!(context());
  expect(seeded).toMatchObject({ strategies: 1, deployments: 1, fills: 5, backtests: 1, trials: 3 });
  const before = await t.everything();
  expect(await tooling.seed!(context())).toEqual(seeded);
  expect(await t.everything()).toBe(before);
  expect(await t.trading.positions.listOpen('seed-crossing', { fresh: true })).toMatchObject([{ quantity: '0.2' }]);
});

test('what holds is said to hold, with how much was compared', async () => {
  expect(await verify()).toMatchObject({ name: 'positions', ok: true, differences: [] });
  expect((await verify()).compared).toBeGreaterThan(10);
});

test.each([
  {
    what: 'a quantity held',
    by: sql`update positions set qty = qty + 1, open_qty = open_qty + 1 where closed_at is null`,
    back: sql`update positions set qty = qty - 1, open_qty = open_qty - 1 where closed_at is null`,
    says: /BTC-USD on exchange: positions 1.20*, fills 0.20*/,
  },
  {
    what: 'a lot',
    by: sql`update lots set remaining = remaining - 0.1 where remaining = 0.2`,
    back: sql`update lots set remaining = remaining + 0.1 where remaining = 0.1`,
    says: /lots 0.1/,
  },
  {
    what: 'a realized profit',
    by: sql`update positions set realized = realized + 1 where closed_at is not null`,
    back: sql`update positions set realized = realized - 1 where closed_at is not null`,
    says: /realized .*, matches/,
  },
  {
    what: 'the filled part of an order',
    by: sql`update orders set filled_qty = filled_qty - 0.1 where id = 'seed-order-1'`,
    back: sql`update orders set filled_qty = filled_qty + 0.1 where id = 'seed-order-1'`,
    says: /order seed-order-1: filled 0.4 of 0.5, fills 0.5/,
  },
])('$what that is wrong is found, and named', async ({ by, back, says }) => {
  await spoil(by);
  const found = await verify();
  expect(found.ok).toBe(false);
  expect(found.differences!.join('\n')).toMatch(says);
  await spoil(back);
  expect(await verify()).toMatchObject({ ok: true });
});

/** Small and always the same: mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const START = Date.UTC(2025, 0, 1);
const HOUR = 3_600_000;

/** A bot's export: pair, side, amount, times, rates, fees. */
function exported(count: number): string[] {
  const draw = random(7);
  const lines = ['pair,side,amount,open_time,close_time,open_rate,close_rate,fees'];
  for (let i = 0; i < count; i += 1) {
    const open = START + Math.floor(draw() * 60 * 24) * HOUR;
    const close = open + Math.floor(1 + draw() * 70) * HOUR;
    const rate = (90 + draw() * 20).toFixed(2);
    const exit = (Number(rate) * (0.96 + draw() * 0.085)).toFixed(2);
    const iso = (at: number) => new Date(at).toISOString();
    lines.push(
      [
        draw() < 0.5 ? 'BTC/USDT' : 'ETH/USDT',
        draw() < 0.7 ? 'long' : 'short',
        (1 + draw() * 4).toFixed(4),
        iso(open),
        iso(close),
        rate,
        exit,
        (draw() * 0.5).toFixed(6),
      ].join(','),
    );
  }
  return lines;
}

const load = async (name: string, lines: readonly string[], given: Record<string, string> = {}) => {
  const path = join(folder, name);
  await writeFile(path, lines.join('\n'));
  const rejections: string[] = [];
  const loaded: Loaded = await tooling.load!['backtest']!({
    ...context(),
    path,
    given,
    onRead: () => {},
    onRejected: (line, reason) => rejections.push(`${line}: ${reason}`),
  });
  return { ...loaded, rejections };
};

test('the metrics of an exported trade list are those of another method, to nine digits', async () => {
  const lines = exported(400);
  const loaded = await load('bot.csv', lines, { equity: '5000', 'risk-free': '0.04', periods: '365' });
  expect(loaded).toMatchObject({ inserted: 400, duplicates: 0, rejected: 0 });
  const trades = lines.slice(1).map((line) => {
    const [, side, amount, open, close, openRate, closeRate, fees] = line.split(',');
    const [entry, exit] = [Number(openRate) * Number(amount), Number(closeRate) * Number(amount)];
    const long = side === 'long';
    return {
      pnl: (long ? exit - entry : entry - exit) - Number(fees),
      bought: long ? entry : exit,
      sold: long ? exit : entry,
      openedAt: Date.parse(open!),
      closedAt: Date.parse(close!),
    };
  });
  const otherwise = measureOtherwise({
    startingEquity: 5000,
    from: Math.min(...trades.map(({ openedAt }) => openedAt)),
    to: Math.max(...trades.map(({ closedAt }) => closedAt)),
    trades,
    benchmark: [],
    periodsPerYear: 365,
    riskFree: 0.04,
  });
  let compared = 0;
  for (const [name, value] of Object.entries(loaded.figures!)) {
    if (typeof value === 'string') {
      expect([name, value]).toEqual([name, 'no-benchmark']);
      continue;
    }
    compared += 1;
    expect(Math.abs(value - otherwise.get(name)!), `${name}: ${value} ${otherwise.get(name)}`).toBeLessThan(
      1e-9 * Math.max(1, Math.abs(value)),
    );
  }
  expect(compared).toBe(17);

  const before = await t.everything();
  expect(await load('bot.csv', lines, { equity: '5000', 'risk-free': '0.04', periods: '365' })).toMatchObject({
    inserted: 0,
    duplicates: 400,
    figures: loaded.figures,
  });
  expect(await t.everything()).toBe(before);
});

test('rows that cannot be read are rejected with their line and reason, and the others are taken', async () => {
  const lines = exported(5);
  lines[2] = lines[2]!.replace(/^[^,]*/, 'nonsense');
  lines.push('BTC/USDT,long,1,2025-01-01T00:00:00Z,,100,,0', '');
  const loaded = await load('broken.csv', lines);
  expect(loaded).toMatchObject({ inserted: 4, rejected: 2 });
  expect(loaded.rejections).toEqual([expect.stringMatching(/^3: pair/), expect.stringMatching(/^7: close_rate/)]);
});

test.each([
  ['without the columns', ['pair,amount', 'BTC/USDT,1'], {}, 'file'],
  ['without a trade', ['pair,side,amount,open_time,close_time,open_rate,close_rate,fees'], {}, 'file'],
  ['with a setting that is none', exported(1), { equity: 'much' }, 'equity'],
  ['with a day that is none', exported(1), { from: 'yesterday' }, 'from'],
])('a file %s is refused by name', async (_, lines, given, path) => {
  await expect(load('refused.csv', lines, given)).rejects.toMatchObject({ kind: 'invalid-input', issues: [{ path }] });
});
