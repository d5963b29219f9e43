import { type AdapterContext, type Decimal, decimal, openAdapter } from '@tse/core';
import { type Facts, openFacts } from '@tse/core/admin';
import { type Sandbox, type SandboxOptions, sandbox } from '@tse/testkit';
import { type Account, type Match, type Order, type PlaceOrder, createExchangeAdapter, definition } from './index.ts';

export const SYMBOL = 'BTC-USD';

/** The rates of the fee schedule that the markets are opened under. */
export const RATES = { maker: '0.001', taker: '0.002' };

export interface TestExchange extends AsyncDisposable {
  readonly box: Sandbox<{ exchange: typeof createExchangeAdapter }>;
  readonly exchange: ReturnType<typeof createExchangeAdapter>;
  /** Opens a customer's account and deposits what it starts with. */
  customer(accountId: string, funds?: Record<string, string>, parentId?: string): Promise<Account>;
  /** A limit order of one bitcoin at 100 where nothing else is said. */
  place(order: Partial<PlaceOrder> & Pick<PlaceOrder, 'accountId' | 'side'>): Promise<Order>;
  match(maker: Order, taker: Order, over?: Partial<Match>): Match;
  /** Available, held and total of an account, by asset. */
  balances(
    accountId: string,
    parentId?: string,
  ): Promise<Record<string, readonly [available: Decimal, held: Decimal, total: Decimal]>>;
  /** The stores as the adapter's own role sees them, for what no port tells or does. */
  readonly stores: AdapterContext;
  facts(): Promise<Facts>;
  /** All that is true, as text: what two moments are compared by. */
  everything(): Promise<string>;
}

/** The errors of calls that should all be refused. */
export async function errorsOf(calls: readonly PromiseLike<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls);
  return results.map((result) =>
    result.status === 'rejected' ? result.reason : `answered ${JSON.stringify(result.value)}`,
  );
}

/** An exchange with the assets BTC, ETH, USD and USDT and the open market BTC-USD; a `bare` one has nothing. */
export async function testExchange({
  bare = false,
  ...options
}: SandboxOptions & { bare?: boolean } = {}): Promise<TestExchange> {
  const box = await sandbox({ exchange: createExchangeAdapter }, options);
  const { exchange } = box;
  if (!bare) {
    for (const [asset, scale] of Object.entries({ BTC: 8, ETH: 18, USD: 10, USDT: 10 }))
      await exchange.markets.registerAsset({ asset, scale });
    await exchange.markets.defineFees({ version: 2, tiers: [{ tier: 'standard', ...RATES }] });
    await exchange.markets.open({
      symbol: SYMBOL,
      tickSize: '0.01',
      lotSize: '0.00000001',
      minNotional: '1',
      feeVersion: 2,
    });
  }

  const beside = openAdapter({ ...definition, options: { ...box.options('exchange'), workers: false } });
  const besides = beside.mount();
  let placed = 0;
  const facts = () => openFacts(definition, { instance: exchange.identity.instance, admin: box.admin });
  return {
    box,
    exchange,
    async customer(accountId, funds = {}, parentId) {
      const account = await exchange.accounts.open({
        accountId,
        ownerId: 'someone',
        ...(parentId !== undefined && { parentId }),
      });
      for (const [asset, amount] of Object.entries(funds)) {
        await exchange.ledger.deposit({
          reference: `${accountId}/${asset}`,
          accountId,
          ...(parentId !== undefined && { parentId }),
          asset,
          amount,
        });
      }
      return account;
    },
    place: (order) =>
      exchange.orders.place({
        clientOrderId: `${order.accountId}/${(placed += 1)}`,
        symbol: SYMBOL,
        type: 'limit',
        quantity: '1',
        ...(order.type !== 'market' && { price: '100' }),
        ...order,
      }),
    match: (maker, taker, over) => ({
      tradeId: `${maker.id.slice(-12)}-${taker.id.slice(-12)}`,
      symbol: maker.symbol,
      makerOrderId: maker.id,
      takerOrderId: taker.id,
      price: maker.price ?? '100',
      quantity: decimal.min(maker.leavesQuantity, taker.leavesQuantity),
      ...over,
    }),
    async balances(accountId, parentId) {
      const balances = await exchange.balances.list(parentId === undefined ? accountId : { accountId, parentId }, {
        fresh: true,
      });
      return Object.fromEntries(balances.map(({ asset, available, held, total }) => [asset, [available, held, total]]));
    },
    stores: beside.context,
    facts,
    async everything() {
      await using reader = await facts();
      const views = await reader.query<{ name: string }>(
        "select viewname as name from pg_views where schemaname = current_schema() and viewname ~ '^facts_' and viewname !~ 'publications|checkpoints' order by 1",
      );
      const text: string[] = [];
      for (const { name } of views) {
        // What workers do meanwhile is no change: the relay numbers, the folder counts.
        const rows = await reader.query<{ row: string }>(
          `select (to_jsonb(t) - 'publish_seq' - case when to_jsonb(t) ->> 'account_kind' <> 'customer' then 'version' else '' end)::text as row from ${name} as t order by 1`,
        );
        text.push(`${name}:`, ...rows.map(({ row }) => row));
      }
      return text.join('\n');
    },
    async [Symbol.asyncDispose]() {
      await besides.close();
      await box[Symbol.asyncDispose]();
    },
  };
}
