import { createExchangeAdapter } from '@tse/exchange';
import { type Sandbox, sandbox } from '@tse/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, test } from 'vitest';
import { readHoldings } from './holdings.ts';
import { checkAdapters } from './invariants.ts';
import type { Print, PrintSource } from './prints/print.ts';
import { reportOf } from './report.ts';
import { checkTape } from './tape.ts';

type Box = Sandbox<{ exchange: typeof createExchangeAdapter }>;

const prints: readonly [Print, Print] = [
  { id: '1', sequence: 1, price: '100', quantity: '1', taker: 'buy', at: '2026-01-01T00:00:00.000000Z' },
  { id: '2', sequence: 2, price: '100', quantity: '2', taker: 'buy', at: '2026-01-01T00:00:01.000000Z' },
];
const source: PrintSource = {
  name: 'two prints',
  base: 'BTC',
  quote: 'USD',
  async *read() {
    yield* prints;
  },
};

/** Two trades and an order that rests. */
async function traded(): Promise<Box> {
  const box = await sandbox({ exchange: createExchangeAdapter });
  const { exchange } = box;
  await box.fund('alice', { USD: '10000' });
  await box.fund('bob', { BTC: '10' });
  const limit = { symbol: 'BTC-USD', type: 'limit', price: '100' } as const;
  const maker = await exchange.orders.place({
    ...limit,
    accountId: 'bob',
    clientOrderId: 'maker',
    side: 'sell',
    quantity: '5',
  });
  for (const { id, quantity, at } of prints) {
    const taker = await exchange.orders.place({
      ...limit,
      accountId: 'alice',
      clientOrderId: id,
      side: 'buy',
      quantity,
    });
    await exchange.matches.settle([
      {
        tradeId: id,
        symbol: 'BTC-USD',
        makerOrderId: maker.id,
        takerOrderId: taker.id,
        price: '100',
        quantity,
        matchedAt: at,
      },
    ]);
  }
  return box;
}

/** What the demo's report says of these trades: what holds, by name. */
async function check({ exchange, admin, options }: Box, of: PrintSource = source) {
  const target = { admin, instance: exchange.identity.instance };
  const checked = { options: () => options('exchange'), target };
  const invariants = [
    ...(await checkAdapters(checked, new AbortController().signal, ['exchange'])),
    await checkTape(exchange, 'BTC-USD', of),
  ];
  for (const { compared } of invariants) expect(compared).toBeGreaterThan(0);
  const holdings = await readHoldings(exchange, 'BTC-USD', 1);
  const { ok } = reportOf({
    input: {},
    scenario: {},
    scenarioRoot: '',
    counts: {},
    holdings,
    services: {},
    chain: [],
    rates: {},
    servers: {},
    invariants,
  });
  return {
    ok,
    ...Object.fromEntries(invariants.map(({ name, ok: holds }) => [name.replace('exchange: ', ''), holds])),
  };
}

/** As somebody who may do what no adapter may, and past every trigger; answers how many rows it changed. */
async function byHand(box: Box, statement: string): Promise<number | null> {
  const client = new pg.Client(box.admin.postgresUrl);
  await client.connect();
  await client.query(`set search_path to ${box.exchange.identity.schema}`);
  await client.query('set session_replication_role = replica');
  for (const appendOnly of ['entries', 'trades']) await client.query(`alter table ${appendOnly} disable trigger all`);
  const { rowCount } = await client.query(statement);
  await client.end();
  return rowCount;
}

test('what was traded holds', async () => {
  await using box = await traded();
  expect(await check(box)).toEqual({ ok: true, ledger: true, book: true, prints: true });
});

const aliceUsd = `account_id = 'alice' and asset = 'USD'`;
const tradeOne = `where id = '1'`;
test.each([
  ['ledger', 'a balance that is not its entries', `update balances set posted = posted + 1 where ${aliceUsd}`],
  ['ledger', 'an amount held for nothing', `update balances set held = held + 1 where ${aliceUsd}`],
  ['ledger', 'an open hold that misses a part', `update holds set captured = captured + 1 where state = 'open'`],
  ['ledger', 'an entry that is gone', `delete from entries where tx_id = 'trade:1' and n = 2`],
  ['prints', 'a trade at another price', `update trades set price = 101, quote_qty = 101 * qty ${tradeOne}`],
  ['prints', 'a trade at another time', `update trades set matched_at = matched_at + interval '1 ms' ${tradeOne}`],
  ['prints', 'a trade that is gone', `delete from trades ${tradeOne}`],
])('%s fails, and nothing else, for %s', async (name, _what, statement) => {
  await using box = await traded();
  expect(await byHand(box, statement)).toBe(1);
  expect(await check(box)).toEqual({ ok: false, ledger: true, book: true, prints: true, [name]: false });
});

test('book fails, and nothing else, for an order that Redis lost', async () => {
  await using box = await traded();
  await box.exchange.orderBooks.depth({ symbol: 'BTC-USD' }, { fresh: true });
  const redis = new Redis(box.admin.redisUrl);
  const key = `${box.exchange.identity.prefix}:order-book:{BTC-USD}:orders`;
  const [order] = await redis.hkeys(key);
  expect(await redis.hdel(key, order!)).toBe(1);
  redis.disconnect();
  expect(await check(box)).toEqual({ ok: false, ledger: true, book: false, prints: true });
});

test.each<[string, Print[]]>([
  ['a print that was not traded', [...prints, { ...prints[1], id: '3' }]],
  ['a trade that is no print', [prints[0]]],
  ['a print of the other side', [prints[0], { ...prints[1], taker: 'sell' }]],
])('prints fails, and nothing else, for %s', async (_what, tape) => {
  await using box = await traded();
  const other: PrintSource = {
    ...source,
    async *read() {
      yield* tape;
    },
  };
  expect(await check(box, other)).toEqual({ ok: false, ledger: true, book: true, prints: false });
});
