import { type AdapterOptions, type BaseAdapter, openAdapter } from '@tse/core';
import { AccountRepository } from './accounts/accounts.repository.ts';
import type { Accounts } from './accounts/accounts.ts';
import { BalanceRepository } from './balances/balances.repository.ts';
import { BalanceStore } from './balances/balances.store.ts';
import type { Balances } from './balances/balances.ts';
import { foldBalances } from './balances/fold-balances.worker.ts';
import { definition } from './definition.ts';
import { expireHolds } from './holds/expire-holds.worker.ts';
import { HoldRepository } from './holds/holds.repository.ts';
import type { Holds } from './holds/holds.ts';
import { LedgerRepository } from './ledger/ledger.repository.ts';
import type { Ledger } from './ledger/ledger.ts';
import { LiabilityRepository } from './liabilities/liabilities.repository.ts';
import type { Liabilities } from './liabilities/liabilities.ts';
import { MarketRepository } from './markets/markets.repository.ts';
import type { Markets } from './markets/markets.ts';
import { MatchRepository } from './matches/matches.repository.ts';
import type { Matches } from './matches/matches.ts';
import { BookChangeRepository } from './order-books/book-changes.repository.ts';
import { BookProjectionStore } from './order-books/book-projection.store.ts';
import { OrderBookStore } from './order-books/order-books.store.ts';
import type { OrderBooks } from './order-books/order-books.ts';
import { projectOrderBooks } from './order-books/project-order-books.worker.ts';
import { archiveOrders } from './orders/archive-orders.worker.ts';
import { expireOrders } from './orders/expire-orders.worker.ts';
import { OrderRepository } from './orders/orders.repository.ts';
import type { Orders } from './orders/orders.ts';
import { PortfolioRepository } from './portfolios/portfolios.repository.ts';
import type { Portfolios } from './portfolios/portfolios.ts';
import { SessionStore } from './sessions/sessions.store.ts';
import type { Sessions } from './sessions/sessions.ts';
import { TradeRepository } from './trades/trades.repository.ts';
import type { Trades } from './trades/trades.ts';

/** The data of an exchange. */
export interface ExchangeAdapter extends BaseAdapter, Portfolios {
  readonly accounts: Accounts;
  readonly markets: Markets;
  readonly ledger: Ledger;
  readonly balances: Balances;
  readonly holds: Holds;
  readonly orders: Orders;
  readonly matches: Matches;
  readonly trades: Trades;
  readonly orderBooks: OrderBooks;
  readonly sessions: Sessions;
  readonly liabilities: Liabilities;
}

/**
 * Opens the exchange's adapter, or that of a named instance. Nothing connects before it is used; see `ready`.
 * @throws InvalidInputError where a setting is malformed, with its name
 */
export const createExchangeAdapter = Object.assign(
  (options?: AdapterOptions): ExchangeAdapter => {
    const { context, keys, epoch, relay, mount } = openAdapter({
      ...definition,
      options,
      redisFirst: true,
      partitioned: ['order_events'],
    });

    const copies = new BalanceStore(context, keys.balance);
    const books = new OrderBookStore(
      context,
      new BookChangeRepository(context),
      new BookProjectionStore(context, keys.orderBook),
    );
    const projecting = projectOrderBooks(books);
    epoch.onMismatch('order-books', () => books.syncAll());
    const onChange = () => {
      projecting.wake();
      relay.wake();
    };
    const holds = new HoldRepository(context, copies);
    const orders = new OrderRepository(context, copies, onChange);
    const portfolios = new PortfolioRepository(context);

    const base = mount({
      workers: [
        projecting,
        foldBalances(context),
        expireHolds(holds),
        expireOrders(orders),
        archiveOrders(orders, context.clock),
      ],
      projections: [books.projection, copies.projection],
      flush: [() => copies.close()],
    });
    return {
      ...base,
      accounts: new AccountRepository(context, copies),
      markets: new MarketRepository(context),
      ledger: new LedgerRepository(context, copies),
      balances: new BalanceRepository(context, copies),
      holds,
      orders,
      matches: new MatchRepository(context, copies, onChange),
      trades: new TradeRepository(context),
      orderBooks: books,
      sessions: new SessionStore(context, keys),
      liabilities: new LiabilityRepository(context),
      getAccountPortfolio: (account, callOptions) => portfolios.getAccountPortfolio(account, callOptions),
    };
  },
  { definition },
);
