import type { Balance, BookDepth, ExchangeAdapter, OrderStatus } from '@tse/exchange';

/** What an exchange holds of one market and its accounts, read back through its ports. */
export interface Holdings {
  readonly lastPrice: string | undefined;
  readonly trades: number;
  /** Of all accounts: how many orders stand in each status. */
  readonly orders: Readonly<Partial<Record<OrderStatus, number>>>;
  readonly accounts: readonly { readonly accountId: string; readonly balances: readonly Omit<Balance, 'version'>[] }[];
  readonly book: BookDepth;
}

export async function readHoldings(exchange: ExchangeAdapter, symbol: string, levels: number): Promise<Holdings> {
  const accounts: { accountId: string; balances: Omit<Balance, 'version'>[] }[] = [];
  const orders: Partial<Record<OrderStatus, number>> = {};
  for await (const { accountId } of exchange.accounts.list()) {
    const balances = await exchange.balances.list(accountId, { fresh: true });
    accounts.push({ accountId, balances: balances.map(({ version: _, ...balance }) => balance) });
    for await (const { status } of exchange.orders.list({ accountId, symbol, sort: 'oldest', limit: 1000 }))
      orders[status] = (orders[status] ?? 0) + 1;
  }
  const { lastPrice, lastTradeSequence } = await exchange.markets.get(symbol, { fresh: true });
  const book = await exchange.orderBooks.depth({ symbol, levels }, { fresh: true });
  return { lastPrice, trades: lastTradeSequence, orders, accounts, book };
}
