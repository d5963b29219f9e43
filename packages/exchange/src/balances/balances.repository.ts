import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Instant,
  decimal,
  instant,
  operation,
  queryBuilder,
  refusal,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import { type AccountRef, accountRef, scopeOf } from '../accounts/account-ref.ts';
import type { Tables } from '../schema.ts';
import {
  type Balance,
  type Balances,
  type GetBalance,
  type GetBalanceAt,
  type PastBalance,
  getBalance,
  getBalanceAt,
} from './balances.ts';
import type { BalanceCopy, BalanceStore } from './balances.store.ts';

const db = queryBuilder<Tables>();

/** No statement runs longer, so nothing can be recorded further in the past than this. */
const LONGEST_STATEMENT_MS = 10_000;

const statements = {
  list: statement('exchange.balances.list', 'read', (p: { accountId: string; scopeId: string }) =>
    db
      .selectFrom('accounts as a')
      .leftJoin('current_balances as b', 'b.account_id', 'a.id')
      .select(['a.id', 'b.asset', 'b.posted', 'b.held', 'b.overdraft', 'b.version'])
      .where('a.id', '=', p.accountId)
      .where('a.scope_id', '=', p.scopeId)
      .orderBy('b.asset'),
  ),
  getAt: statement(
    'exchange.balances.getAt',
    'read',
    (p: { accountId: string; scopeId: string; asset: string; at: string }) =>
      db
        .selectFrom('accounts as a')
        .select([
          'a.kind',
          sql<Instant>`clock_timestamp()`.as('read_at'),
          // A customer's entries run a balance: the last one says it. The others are summed.
          sql<Decimal | null>`case when a.kind = 'customer'
          then (select e.balance_after from entries as e where e.account_id = a.id and e.asset = ${p.asset} and e.recorded_at <= ${p.at}::timestamptz
            order by e.recorded_at desc, e.balance_version desc limit 1)
          else (select sum(e.amount) from entries as e where e.account_id = a.id and e.asset = ${p.asset} and e.recorded_at <= ${p.at}::timestamptz) end`.as(
            'total',
          ),
        ])
        .where('a.id', '=', p.accountId)
        .where('a.scope_id', '=', p.scopeId),
  ),
};

const operations = {
  list: operation('exchange.balances.list', accountRef),
  get: operation('exchange.balances.get', getBalance),
  getAt: operation('exchange.balances.getAt', getBalanceAt),
};

export class BalanceRepository implements Balances {
  readonly #context: AdapterContext;
  readonly #copies: BalanceStore;

  constructor(context: AdapterContext, copies: BalanceStore) {
    this.#context = context;
    this.#copies = copies;
  }

  list(account: AccountRef, options?: CallOptions): Promise<Balance[]> {
    return this.#context.run(operations.list, account, options, ({ accountId, scopeId }, { fresh }) =>
      this.#list(accountId, scopeId, fresh),
    );
  }

  get(input: GetBalance, options?: CallOptions): Promise<Balance> {
    return this.#context.run(operations.get, input, options, async ({ asset, ...account }, { fresh }) => {
      const balances = await this.#list(account.accountId, scopeOf(account), fresh);
      return (
        balances.find((balance) => balance.asset === asset) ?? {
          asset,
          available: ZERO,
          held: ZERO,
          total: ZERO,
          version: 0,
        }
      );
    });
  }

  getAt(input: GetBalanceAt, options?: CallOptions): Promise<PastBalance> {
    return this.#context.run(operations.getAt, input, options, async ({ asset, at, ...account }) => {
      const scopeId = scopeOf(account);
      const row = await this.#context.pg.maybe(statements.getAt, { accountId: account.accountId, scopeId, asset, at });
      if (!row) throw refusal('unknown-account', { accountId: account.accountId });
      const final = at <= instant.plusMillis(row.read_at, -LONGEST_STATEMENT_MS);
      return { asset, total: row.total ?? ZERO, at, final };
    });
  }

  async #list(accountId: string, scopeId: string, fresh: boolean): Promise<Balance[]> {
    // A copy is by account id alone: a sub-account goes to the tables, where its scope is looked at.
    const copy = fresh || scopeId !== accountId ? undefined : await this.#copies.find(accountId);
    if (copy) return copy.map(toBalance);
    const rows = await this.#context.pg.many(statements.list, { accountId, scopeId });
    if (rows.length === 0) throw refusal('unknown-account', { accountId });
    const balances = rows.flatMap(({ id, asset, posted, held, overdraft, version }): BalanceCopy[] =>
      asset === null ? [] : [{ accountId: id, asset, posted: posted!, held: held!, overdraft, version: version! }],
    );
    // What is folded changes without a version of its own, so it is always read from the tables.
    const copied = scopeId === accountId && balances.every(({ overdraft }) => overdraft !== null);
    if (copied) void this.#copies.fill(accountId, balances);
    return balances.map(toBalance);
  }
}

const ZERO = '0' as Decimal;

const toBalance = ({ asset, posted, held, overdraft, version }: BalanceCopy): Balance => ({
  asset,
  available: decimal.minus(decimal.plus(posted, overdraft ?? ZERO), held),
  held,
  total: posted,
  version,
});
