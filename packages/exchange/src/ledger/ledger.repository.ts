import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  answers,
  arrayLiteral,
  contextLiteral,
  decimal,
  functionCall,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  textInput,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { scopeOf } from '../accounts/account-ref.ts';
import type { BalanceCopy, BalanceStore } from '../balances/balances.store.ts';
import type { Tables } from '../schema.ts';
import {
  type Adjust,
  type Deposit,
  type Ledger,
  type LedgerRefusal,
  type ListEntries,
  type Revert,
  type StatementLine,
  type Transaction,
  type TransactionKind,
  type Transfer,
  type Withdraw,
  adjust,
  deposit,
  listEntries,
  revert,
  transfer,
  withdraw,
} from './ledger.ts';

const db = queryBuilder<Tables>();

const statements = {
  post: functionCall(
    'exchange.ledger.post',
    'write',
    'post_transaction',
    [
      'kind',
      'reference',
      'reverts',
      'scopeIds',
      'accountIds',
      'assets',
      'amounts',
      'holdId',
      'closeHold',
      'reason',
      'requestHash',
      'at',
      'eventIds',
      'context',
    ],
    answers<{ outcome: LedgerRefusal | 'ok' | 'same'; recorded_at: Instant | null; balances: BalanceCopy[] | null }>(),
  ),
  find: statement('exchange.ledger.find', 'read', (p: { id: string }) =>
    db
      .selectFrom('journal_transactions as t')
      .innerJoin('entries as e', 'e.tx_id', 't.id')
      .innerJoin('accounts as a', 'a.id', 'e.account_id')
      .select(['t.id', 't.kind', 't.reference', 't.effective_at', 't.recorded_at', 't.reverts_id', 't.reason'])
      .select(['a.scope_id', 'e.account_id', 'e.asset', 'e.amount', 'e.balance_after'])
      .where('t.id', '=', p.id)
      .orderBy('e.n'),
  ),
};

/** What is booked in one batch has one time: the version tells its order. House, fee and external accounts have none. */
const version = sql<number>`coalesce(e.balance_version, 0)`;

const byId = z.strictObject({ transactionId: textInput(96) });
const operations = {
  deposit: operation('exchange.ledger.deposit', deposit, (input) => input.reference),
  withdraw: operation('exchange.ledger.withdraw', withdraw, (input) => input.reference),
  transfer: operation('exchange.ledger.transfer', transfer, (input) => input.reference),
  adjust: operation('exchange.ledger.adjust', adjust, (input) => input.reference),
  revert: operation('exchange.ledger.revert', revert, (input) => input.reference),
  find: operation('exchange.ledger.find', byId),
  get: operation('exchange.ledger.get', byId),
  listEntries: operation('exchange.ledger.listEntries', listEntries),
};

interface Line {
  accountId: string;
  parentId?: string | undefined;
  asset: string;
  amount: Decimal;
}

interface Posting {
  kind: TransactionKind;
  reference: string;
  lines: readonly Line[];
  at: Instant | undefined;
  reverts?: string;
  holdId?: string | undefined;
  reason?: string | undefined;
}

export class LedgerRepository implements Ledger {
  readonly #context: AdapterContext;
  readonly #balances: BalanceStore;

  constructor(context: AdapterContext, balances: BalanceStore) {
    this.#context = context;
    this.#balances = balances;
  }

  deposit(input: Deposit, options?: CallOptions): Promise<Transaction> {
    return this.#context.run(
      operations.deposit,
      input,
      options,
      ({ reference, accountId, parentId, externalAccountId, asset, amount, at }) => {
        const lines = [
          { accountId: externalAccountId, asset, amount: decimal.negate(amount) },
          { accountId, parentId, asset, amount },
        ];
        return this.#post({ kind: 'deposit', reference, lines, at });
      },
    );
  }

  withdraw(input: Withdraw, options?: CallOptions): Promise<Transaction> {
    return this.#context.run(operations.withdraw, input, options, (given) => {
      const { reference, accountId, parentId, externalAccountId, asset, amount, at, holdId } = given;
      const lines = [
        { accountId, parentId, asset, amount: decimal.negate(amount) },
        { accountId: externalAccountId, asset, amount },
      ];
      return this.#post({ kind: 'withdrawal', reference, lines, at, holdId });
    });
  }

  transfer(input: Transfer, options?: CallOptions): Promise<Transaction> {
    return this.#context.run(operations.transfer, input, options, ({ reference, from, to, asset, amount, at }) => {
      const lines = [
        { ...from, asset, amount: decimal.negate(amount) },
        { ...to, asset, amount },
      ];
      return this.#post({ kind: 'transfer', reference, lines, at });
    });
  }

  adjust(input: Adjust, options?: CallOptions): Promise<Transaction> {
    return this.#context.run(operations.adjust, input, options, ({ reference, entries, reason, at }) =>
      this.#post({ kind: 'adjustment', reference, lines: entries, at, reason }),
    );
  }

  revert(input: Revert, options?: CallOptions): Promise<Transaction> {
    return this.#context.run(operations.revert, input, options, async ({ transactionId, reference, reason, at }) => {
      const rows = await this.#context.pg.many(statements.find, { id: transactionId });
      if (rows.length === 0) throw refusal('unknown-transaction', { transactionId });
      const lines = rows.map(({ account_id, scope_id, asset, amount }) => ({
        accountId: account_id,
        parentId: scope_id,
        asset,
        amount: decimal.negate(amount),
      }));
      return this.#post({ kind: 'reversal', reference, lines, at, reverts: transactionId, reason });
    });
  }

  find(transactionId: string, options?: CallOptions): Promise<Transaction | undefined> {
    return this.#context.run(operations.find, { transactionId }, options, (input) => this.#find(input.transactionId));
  }

  get(transactionId: string, options?: CallOptions): Promise<Transaction> {
    return this.#context.run(operations.get, { transactionId }, options, (input) => this.#load(input.transactionId));
  }

  listEntries(input: ListEntries, options?: CallOptions): Listing<StatementLine> {
    return listing(input, (page) =>
      this.#context.run(operations.listEntries, page, options, async (given) => {
        let query = db
          .selectFrom('entries as e')
          .innerJoin('accounts as a', 'a.id', 'e.account_id')
          .select(['e.tx_id', 'e.n', 'e.account_id', 'e.asset', 'e.amount', 'e.balance_after', 'e.recorded_at'])
          .select(version.as('version'))
          .where('e.account_id', '=', given.accountId)
          .where('a.scope_id', '=', scopeOf(given))
          .where('e.asset', '=', given.asset)
          .orderBy('e.recorded_at')
          .orderBy(version)
          .orderBy('e.tx_id')
          .orderBy('e.n')
          .limit(given.limit + 1);
        if (given.from !== undefined) query = query.where('e.recorded_at', '>=', given.from);
        if (given.to !== undefined) query = query.where('e.recorded_at', '<', given.to);
        if (given.cursor) {
          const [at, after, id, line] = given.cursor;
          query = query.where(
            sql<boolean>`(e.recorded_at, ${version}, e.tx_id, e.n) > (${at}::timestamptz, ${after}::bigint, ${id}, ${line})`,
          );
        }
        const rows = await this.#context.pg.query('exchange.ledger.listEntries', 'read', query);
        const { items, ...next } = toPage(rows, given.limit, (row) => [row.recorded_at, row.version, row.tx_id, row.n]);
        const lines = items.map((row) => ({
          ...toEntry(row),
          transactionId: row.tx_id,
          line: row.n,
          recordedAt: row.recorded_at,
        }));
        return { items: lines, ...next };
      }),
    );
  }

  async #post({ kind, reference, lines, at, reverts, holdId, reason }: Posting): Promise<Transaction> {
    const { pg, clock, ids } = this.#context;
    const effectiveAt = at ?? clock.now();
    const { outcome, recorded_at, balances } = await pg.one(statements.post, {
      kind,
      reference,
      reverts,
      scopeIds: arrayLiteral(lines.map(scopeOf)),
      accountIds: arrayLiteral(lines.map(({ accountId }) => accountId)),
      assets: arrayLiteral(lines.map(({ asset }) => asset)),
      amounts: arrayLiteral(lines.map(({ amount }) => amount)),
      holdId,
      closeHold: holdId !== undefined,
      reason,
      requestHash: requestHash(
        lines.map((line) => [scopeOf(line), line.accountId, line.asset, line.amount]),
        at,
        reverts,
        holdId,
        reason,
      ),
      at: effectiveAt,
      eventIds: arrayLiteral(lines.map(() => ids.next())),
      context: contextLiteral(),
    });
    const transactionId = `${kind}:${reference}`;
    if (outcome === 'same') {
      await this.#balances.refreshFromTables(lines.map(({ accountId }) => accountId));
      return this.#load(transactionId);
    }
    if (outcome !== 'ok') {
      const field = kind === 'adjustment' ? 'entries' : 'amount';
      throw refusal(
        outcome,
        { reference, asset: lines[0]?.asset },
        { 'too-many-digits': field, 'zero-amount': field, unbalanced: field, 'out-of-range': field },
      );
    }
    if (balances) this.#balances.refresh(balances);
    const after = runningBalances(lines, balances ?? []);
    return {
      transactionId,
      kind,
      reference,
      effectiveAt,
      recordedAt: recorded_at!,
      ...(reverts !== undefined && { reverts }),
      ...(reason !== undefined && { reason }),
      entries: lines.map(({ accountId, asset, amount }, i) => ({
        accountId,
        asset,
        amount,
        ...(after[i] !== undefined && { balanceAfter: after[i] }),
      })),
    };
  }

  async #find(transactionId: string): Promise<Transaction | undefined> {
    const rows = await this.#context.pg.many(statements.find, { id: transactionId });
    const [first] = rows;
    if (!first) return undefined;
    return {
      transactionId: first.id,
      kind: first.kind,
      reference: first.reference,
      effectiveAt: first.effective_at,
      recordedAt: first.recorded_at,
      ...(first.reverts_id !== null && { reverts: first.reverts_id }),
      ...(first.reason !== null && { reason: first.reason }),
      entries: rows.map(toEntry),
    };
  }

  async #load(transactionId: string): Promise<Transaction> {
    const transaction = await this.#find(transactionId);
    if (!transaction) throw refusal('unknown-transaction', { transactionId });
    return transaction;
  }
}

const toEntry = (row: { account_id: string; asset: string; amount: Decimal; balance_after: Decimal | null }) => ({
  accountId: row.account_id,
  asset: row.asset,
  amount: row.amount,
  ...(row.balance_after !== null && { balanceAfter: row.balance_after }),
});

/** The posted balance after each line, walked back from the balances after all of them. */
function runningBalances(lines: readonly Line[], after: readonly BalanceCopy[]): (Decimal | undefined)[] {
  const current = new Map(after.map(({ accountId, asset, posted }) => [`${accountId} ${asset}`, posted]));
  return lines
    .toReversed()
    .map(({ accountId, asset, amount }) => {
      const key = `${accountId} ${asset}`;
      const balance = current.get(key);
      if (balance !== undefined) current.set(key, decimal.minus(balance, amount));
      return balance;
    })
    .toReversed();
}
