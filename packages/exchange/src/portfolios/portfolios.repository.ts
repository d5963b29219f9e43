import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Instant,
  decimal,
  operation,
  queryBuilder,
  refusal,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import { type AccountRef, accountRef } from '../accounts/account-ref.ts';
import { accountColumns, toAccount } from '../accounts/account-rows.ts';
import type { HoldKind } from '../holds/holds.ts';
import { type OrderRow, toOrder } from '../orders/order-rows.ts';
import type { Tables } from '../schema.ts';
import type { AccountPortfolio, HeldAmount, Portfolios } from './portfolios.ts';

const db = queryBuilder<Tables>();

interface BalanceLine {
  asset: string;
  posted: Decimal;
  held: Decimal;
  overdraft: Decimal | null;
  holds: { kind: HoldKind; amount: Decimal }[] | null;
}

// One statement, so one moment: what belongs to an account comes beside it as JSON, with amounts and instants as text.
const find = statement('exchange.getAccountPortfolio', 'read', (p: { accountId: string; scopeId: string }) =>
  db
    .selectFrom('accounts as a')
    .select(accountColumns.map((column) => `a.${column}` as const))
    .select([
      sql<Instant>`clock_timestamp()`.as('as_of'),
      sql<BalanceLine[] | null>`(
        select jsonb_agg(jsonb_build_object('asset', b.asset, 'posted', trim_scale(b.posted)::text, 'held', trim_scale(b.held)::text,
          'overdraft', trim_scale(b.overdraft)::text, 'holds', (
            select jsonb_agg(jsonb_build_object('kind', k.kind, 'amount', trim_scale(k.amount)::text) order by k.kind)
            from (select h.kind, sum(h.amount - h.captured - h.released) as amount from holds as h
              where h.account_id = b.account_id and h.asset = b.asset and h.state = 'open' group by h.kind) as k)) order by b.asset)
        from current_balances as b where b.account_id = a.id)`.as('balances'),
      sql<Record<string, unknown>[] | null>`(
        select jsonb_agg(to_jsonb(o) || jsonb_build_object('qty', trim_scale(o.qty)::text, 'limit_price', trim_scale(o.limit_price)::text,
          'quote_budget', trim_scale(o.quote_budget)::text, 'cum_qty', trim_scale(o.cum_qty)::text, 'leaves_qty', trim_scale(o.leaves_qty)::text,
          'cum_quote', trim_scale(o.cum_quote)::text, 'maker_rate', trim_scale(o.maker_rate)::text, 'taker_rate', trim_scale(o.taker_rate)::text,
          'placed_at', instant_text(o.placed_at), 'valid_until', instant_text(o.valid_until), 'expires_at', instant_text(o.expires_at)) order by o.placed_at, o.id)
        from orders as o where o.account_id = a.id and o.closed_at is null and a.id = ${p.accountId})`.as('orders'),
      sql<Record<string, string> | null>`(
        select jsonb_object_agg(m.symbol, trim_scale(s.last_price)::text)
        from current_balances as b join markets as m on m.base = b.asset join market_states as s on s.symbol = m.symbol
        where b.account_id = a.id and s.last_price is not null)`.as('last_prices'),
    ])
    .where('a.scope_id', '=', p.scopeId)
    .where((eb) => eb.or([eb('a.id', '=', p.accountId), eb('a.parent_id', '=', p.accountId)]))
    .orderBy('a.id'),
);

const getAccountPortfolio = operation('exchange.getAccountPortfolio', accountRef);

export class PortfolioRepository implements Portfolios {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  getAccountPortfolio(account: AccountRef, options?: CallOptions): Promise<AccountPortfolio> {
    return this.#context.run(getAccountPortfolio, account, options, async ({ accountId, scopeId }) => {
      const rows = await this.#context.pg.many(find, { accountId, scopeId });
      const own = rows.find(({ id }) => id === accountId);
      if (!own) throw refusal('unknown-account', { accountId });
      return {
        account: toAccount(own),
        ...toHoldings(own.balances ?? []),
        openOrders: (own.orders ?? []).map((order) => toOrder(order as unknown as OrderRow)),
        subAccounts: rows
          .filter(({ id }) => id !== accountId)
          .map((row) => ({ account: toAccount(row), ...toHoldings(row.balances ?? []) })),
        lastPrices: (own.last_prices ?? {}) as Record<string, Decimal>,
        asOf: own.as_of,
      };
    });
  }
}

function toHoldings(lines: readonly BalanceLine[]): Pick<AccountPortfolio, 'balances' | 'held'> {
  return {
    balances: lines.map(({ asset, posted, held, overdraft }) => ({
      asset,
      available: decimal.minus(decimal.plus(posted, overdraft ?? '0'), held),
      held,
      total: posted,
    })),
    held: lines.flatMap(({ asset, holds }) =>
      (holds ?? []).map(({ kind, amount }): HeldAmount => ({ asset, kind, amount })),
    ),
  };
}
