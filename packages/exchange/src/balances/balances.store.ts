import {
  type AdapterContext,
  type Copy,
  type CopyFormat,
  CopyStore,
  type Decimal,
  type KeyOf,
  type Projection,
  arrayLiteral,
  queryBuilder,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** A balance as the SQL functions answer it. Accounts that are folded have no overdraft. */
export interface BalanceCopy {
  accountId: string;
  asset: string;
  posted: Decimal;
  held: Decimal;
  overdraft: Decimal | null;
  version: number;
}

const ofAccounts = statement('exchange.balances.ofAccounts', 'read', (p: { accountIds: string }) =>
  queryBuilder<Tables>()
    .selectFrom('balances')
    .select(['account_id as accountId', 'asset', 'posted', 'held', 'overdraft', 'version'])
    .where(sql<boolean>`account_id = any (${p.accountIds}::text[])`)
    .where('overdraft', 'is not', null),
);

const format: CopyFormat<BalanceCopy> = {
  complete: 'complete',
  encode: (balance) => `${balance!.posted} ${balance!.held} ${balance!.overdraft ?? '-'}`,
  decode(text, { id: accountId, field: asset, version }) {
    const [posted, held, overdraft] = text.split(' ') as [Decimal, Decimal, Decimal | '-'];
    return { accountId, asset, posted, held, overdraft: overdraft === '-' ? null : overdraft, version };
  },
};

/** The copies of balances in Redis: an account a key, an asset a field. */
export class BalanceStore {
  readonly #context: AdapterContext;
  readonly #copies: CopyStore<BalanceCopy>;
  /** For the drift verifier: the accounts that this process filled. */
  readonly projection: Projection;

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#copies = new CopyStore(context, key, format);
    this.projection = this.#copies.projection('balances', async (accountId) =>
      (await context.pg.many(ofAccounts, of([accountId]))).map(copyOf),
    );
  }

  refresh(balances: readonly BalanceCopy[]): void {
    this.#copies.refresh(balances.map(copyOf));
  }

  /** After a repeat of what was done before: the refresh of the first time may have been lost with its reply. */
  async refreshFromTables(accountIds: readonly string[]): Promise<void> {
    try {
      this.refresh(await this.#context.pg.many(ofAccounts, of(accountIds)));
    } catch (err) {
      this.#context.telemetry.log.debug({ err }, 'balance copies not refreshed');
    }
  }

  /** The balances of an account by their assets, or `undefined` where Redis has no complete copy, or cannot be asked. */
  find(accountId: string): Promise<BalanceCopy[] | undefined> {
    return this.#copies.find(accountId);
  }

  /** Fills the copy of an account with all of its balances, as read. Never throws. */
  fill(accountId: string, balances: readonly BalanceCopy[]): Promise<void> {
    return this.#copies.fill(accountId, balances.map(copyOf));
  }

  /** Sends what still waits. */
  close(): Promise<void> {
    return this.#copies.close();
  }
}

const of = (accountIds: readonly string[]) => ({ accountIds: arrayLiteral(accountIds) });

const copyOf = (balance: BalanceCopy): Copy<BalanceCopy> => ({
  id: balance.accountId,
  field: balance.asset,
  version: balance.version,
  value: balance,
});
