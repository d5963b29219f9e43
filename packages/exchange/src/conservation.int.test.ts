import { type Decimal, decimal, isAdapterError } from '@tse/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExchangeAdapter, Order } from './index.ts';
import { SYMBOL, type TestExchange, testExchange } from './test-exchange.ts';
import { verifyBooks } from './tooling/book-identity.ts';
import { verifyLedger } from './tooling/ledger-identity.ts';

const CALLERS = 12;
const accounts = ['ann', 'ben', 'cat', 'dan'];
const assets = ['BTC', 'USD'] as const;

let t: TestExchange;
let processes: ExchangeAdapter[];
beforeAll(async () => {
  t = await testExchange();
  processes = [t.exchange, t.box.open('exchange', { workers: ['project-order-books'] })];
  for (const accountId of accounts) await t.customer(accountId, { BTC: '20', USD: '2000.0000000001' });
  await t.exchange.accounts.setOverdraft({ accountId: 'dan', asset: 'USD', overdraft: '500' });
});
afterAll(() => t[Symbol.asyncDispose]());

const ops = [
  'place',
  'place',
  'place',
  'place',
  'settle',
  'settle',
  'settle',
  'settle',
  'cancel',
  'replace',
  'deposit',
  'withdraw',
  'transfer',
  'hold',
  'release',
] as const;
const command = fc.record({
  op: fc.constantFrom(...ops),
  process: fc.nat(1),
  account: fc.constantFrom(...accounts),
  other: fc.constantFrom(...accounts),
  asset: fc.constantFrom(...assets),
  side: fc.constantFrom('buy', 'sell'),
  market: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  ticks: fc.integer({ min: 9_500, max: 10_500 }),
  lots: fc.integer({ min: 1, max: 300_000_007 }),
  pick: fc.nat(),
  again: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** What callers know of: the orders placed, the holds, and the money that came in from outside. */
class Known {
  readonly orders: Order[] = [];
  readonly trades = new Set<string>();
  readonly holds: { accountId: string; holdId: string }[] = [];
  readonly net: Record<string, Decimal> = { BTC: decimal.of('80'), USD: decimal.of('8000.0000000004') };
  #next = 0;
  id = (word: string) => `${word}-${(this.#next += 1)}`;
}
const known = new Known();

const price = (ticks: number) => decimal.div(String(ticks), '100', 2, 'down');
const quantity = (lots: number) => decimal.div(String(lots), '100000000', 8, 'down');

/** Each command once; some of them twice at the same time, as after a lost reply. */
const steps: Record<Command['op'], (exchange: ExchangeAdapter, c: Command) => Promise<void>> = {
  async place(exchange, c) {
    const of = {
      accountId: c.account,
      clientOrderId: known.id('o'),
      symbol: SYMBOL,
      side: c.side,
      quantity: quantity(c.lots),
      selfTradePrevention: c.again ? 'cancel-both' : 'none',
    } as const;
    const market = { ...of, type: 'market', ...(c.side === 'buy' && { quoteBudget: quantity(c.lots) }) } as const;
    const input = c.market ? market : ({ ...of, type: 'limit', price: price(c.ticks) } as const);
    const [order, same] = await Promise.all([
      exchange.orders.place(input),
      c.again ? exchange.orders.place(input) : undefined,
    ]);
    expect(same?.id ?? order.id).toBe(order.id);
    known.orders.push(order);
  },
  async settle(exchange, c) {
    const makers = known.orders.filter(({ type }) => type === 'limit').slice(-12);
    const takers = known.orders.slice(-12);
    const maker = makers[c.pick % makers.length];
    const found = takers.filter(({ side }) => side !== maker?.side).slice(0, 1 + (c.pick % 3));
    if (!maker || found.length === 0) return;
    const matches = found.map((taker) =>
      t.match(maker, taker, { tradeId: known.id('t'), quantity: quantity(1 + (c.lots % 50_000_000)) }),
    );
    const [settled, same] = await Promise.all([
      exchange.matches.settle(matches),
      c.again ? processes[0]!.matches.settle(matches) : undefined,
    ]);
    for (const [i, outcome] of settled.entries()) {
      if (!outcome.ok) expect(outcome.error.kind).toBe('conflict');
      else known.trades.add(outcome.value.id);
      if (same?.[i]?.ok) known.trades.add(same[i].value.id);
    }
  },
  async cancel(exchange, c) {
    const order = known.orders[c.pick % known.orders.length];
    if (order) await exchange.orders.cancel({ accountId: order.accountId, orderId: order.id });
  },
  async replace(exchange, c) {
    const order = known.orders[c.pick % known.orders.length];
    if (order)
      await exchange.orders.replace({
        accountId: order.accountId,
        orderId: order.id,
        version: 1 + (c.pick % 3),
        quantity: quantity(c.lots),
        price: price(c.ticks),
      });
  },
  async deposit(exchange, c) {
    const input = { reference: known.id('d'), accountId: c.account, asset: c.asset, amount: quantity(c.lots) };
    await Promise.all([exchange.ledger.deposit(input), c.again ? exchange.ledger.deposit(input) : undefined]);
    known.net[c.asset] = decimal.plus(known.net[c.asset]!, input.amount);
  },
  async withdraw(exchange, c) {
    const input = { reference: known.id('w'), accountId: c.account, asset: c.asset, amount: quantity(c.lots) };
    await exchange.ledger.withdraw(input);
    known.net[c.asset] = decimal.minus(known.net[c.asset]!, input.amount);
  },
  async transfer(exchange, c) {
    if (c.account === c.other) return;
    await exchange.ledger.transfer({
      reference: known.id('x'),
      from: { accountId: c.account },
      to: { accountId: c.other },
      asset: c.asset,
      amount: quantity(c.lots),
    });
  },
  async hold(exchange, c) {
    const { holdId } = await exchange.holds.place({
      kind: 'manual',
      reference: known.id('h'),
      accountId: c.account,
      asset: c.asset,
      amount: quantity(c.lots),
    });
    known.holds.push({ accountId: c.account, holdId });
  },
  async release(exchange, c) {
    const hold = known.holds[c.pick % known.holds.length];
    if (hold) await exchange.holds.release(hold);
  },
};

async function run(commands: readonly Command[]): Promise<void> {
  const lanes = Array.from({ length: CALLERS }, async (_, lane) => {
    for (let i = lane; i < commands.length; i += CALLERS) {
      const c = commands[i]!;
      await steps[c.op](processes[c.process]!, c).catch((error: unknown) => {
        // A refusal is an answer; anything else is a defect.
        if (!isAdapterError(error) || (error.kind !== 'conflict' && error.code !== 'below-min-notional')) throw error;
      });
    }
  });
  await Promise.all(lanes);
}

/** Per asset, what all accounts but the outside world have. */
async function inside(): Promise<Record<string, string>> {
  await using facts = await t.facts();
  const rows = await facts.query<{ asset: string; total: string }>(
    "select asset, sum(posted) as total from facts_balances where account_kind <> 'external' group by asset",
  );
  return Object.fromEntries(rows.map(({ asset, total }) => [asset, decimal.of(total)]));
}

async function ledger() {
  await using facts = await t.facts();
  return await verifyLedger(facts);
}

test('whatever a dozen callers do at once in two processes, money is conserved to the last digit and the books hold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 240, maxLength: 240, size: 'max' }), async (commands) => {
      await run(commands);
      expect(await ledger()).toMatchObject({ ok: true, differences: [] });
      expect(await verifyBooks(t.exchange)).toMatchObject({ ok: true, differences: [] });
      expect(await inside()).toMatchObject(known.net);
    }),
    {
      numRuns: 5,
      endOnFailure: true,
      reporter: ({ failed, seed, errorInstance }) => {
        if (failed) throw new Error(`with seed ${seed}`, { cause: errorInstance });
      },
    },
  );
  // It was not all refusals.
  expect(known.trades.size).toBeGreaterThan(20);
  expect(known.orders.length).toBeGreaterThan(100);
});

test('every order and trade that was acknowledged is there, once', async () => {
  await using facts = await t.facts();
  const orders = await facts.query<{ id: string }>('select id from facts_orders');
  const trades = await facts.query<{ id: string; trade_seq: number }>(
    'select id, trade_seq from facts_trades order by trade_seq',
  );
  expect(orders.map(({ id }) => id).toSorted()).toEqual(known.orders.map(({ id }) => id).toSorted());
  expect(trades.map(({ id }) => id).toSorted()).toEqual([...known.trades].toSorted());
  expect(trades.map(({ trade_seq }) => trade_seq)).toEqual(trades.map((_, i) => i + 1));
});

test('when all orders are canceled and all holds released, nothing is held', async () => {
  const { orders, holds } = t.exchange;
  await Promise.all(known.orders.map(({ accountId, id }) => orders.cancel({ accountId, orderId: id }).catch(() => {})));
  await Promise.all(known.holds.map((hold) => holds.release(hold)));
  for (const accountId of accounts)
    for (const [, held] of Object.values(await t.balances(accountId))) expect(held).toBe('0');
  expect((await orders.listOpen({ symbol: SYMBOL })).items).toEqual([]);
  expect(await ledger()).toMatchObject({ ok: true });
});
