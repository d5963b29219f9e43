import { type Verified, openFacts } from '@tse/core/admin';
import { createExchangeAdapter, definition } from '@tse/exchange';
import { tooling } from '@tse/exchange/tooling';
import { type Sandbox, sandbox } from '@tse/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, test } from 'vitest';
import type { Print, PrintSource } from './prints/print.ts';
import { checkTape } from './tape.ts';

type Box = Sandbox<{ exchange: typeof createExchangeAdapter }>;

const prints: readonly [Print, Print] = [
  { id: '1', line: 1, price: '100', quantity: '1', taker: 'buy', at: '2026-01-01T00:00:00.000000Z' },
  { id: '2', line: 2, price: '100', quantity: '2', taker: 'buy', at: '2026-01-01T00:00:01.000000Z' },
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
  for (const { id, quantity } of prints) {
    const taker = await exchange.orders.place({
      ...limit,
      accountId: 'alice',
      clientOrderId: id,
      side: 'buy',
      quantity,
    });
    await exchange.matches.settle([
      { tradeId: id, symbol: 'BTC-USD', makerOrderId: maker.id, takerOrderId: taker.id, price: '100', quantity },
    ]);
  }
  return box;
}

async function verify(box: Box): Promise<Record<string, Verified['ok']>> {
  const { identity } = box.exchange;
  const options = { ...box.options('exchange'), workers: false };
  await using facts = await openFacts(definition, { instance: identity.instance!, admin: box.admin });
  const found = await tooling.verify!({ facts, options, progress: () => {}, signal: new AbortController().signal });
  for (const { compared } of found) expect(compared).toBeGreaterThan(0);
  return Object.fromEntries(found.map(({ name, ok }) => [name, ok]));
}

/** As somebody who may do what no adapter may. */
async function byHand(box: Box, ...statements: string[]): Promise<void> {
  const client = new pg.Client(box.admin.postgresUrl);
  await client.connect();
  await client.query(`set search_path to ${box.exchange.identity.schema}`);
  await client.query('set session_replication_role = replica');
  for (const each of statements) await client.query(each);
  await client.end();
}

test('what was traded holds', async () => {
  await using box = await traded();
  expect(await verify(box)).toEqual({ ledger: true, book: true });
  expect(await checkTape(box.exchange, 'BTC-USD', source)).toEqual({ name: 'prints', ok: true, compared: 2 });
});

test.each([
  [
    'a balance that is not its entries',
    `update balances set posted = posted + 1 where account_id = 'alice' and asset = 'USD'`,
  ],
  [
    'an amount held for nothing',
    `update balances set held = held + 1, version = version + 1 where account_id = 'alice' and asset = 'USD'`,
  ],
  [
    'a hold that does not cover its order',
    `update holds set captured = captured + 1, version = version + 1 where state = 'open'`,
  ],
])('the ledger finds %s', async (_what, statement) => {
  await using box = await traded();
  await byHand(box, statement);
  expect(await verify(box)).toEqual({ ledger: false, book: true });
});

test('the ledger finds an entry that somebody took out', async () => {
  await using box = await traded();
  await byHand(box, 'alter table entries disable trigger all', `delete from entries where tx_id = 'trade:1' and n = 2`);
  expect(await verify(box)).toEqual({ ledger: false, book: true });
});

test('the book finds an order that Redis lost', async () => {
  await using box = await traded();
  await box.exchange.orderBooks.depth({ symbol: 'BTC-USD' }, { fresh: true });
  const redis = new Redis(box.admin.redisUrl);
  await redis.del(`${box.exchange.identity.prefix}:order-book:{BTC-USD}:orders`);
  redis.disconnect();
  expect(await verify(box)).toEqual({ ledger: true, book: false });
});

test('the tape finds a print that was not traded', async () => {
  await using box = await traded();
  const more: PrintSource = {
    ...source,
    async *read() {
      yield* prints;
      yield { ...prints[0], id: '3' };
    },
  };
  expect(await checkTape(box.exchange, 'BTC-USD', more)).toMatchObject({ ok: false, problem: 'print 3 is no trade' });
});
