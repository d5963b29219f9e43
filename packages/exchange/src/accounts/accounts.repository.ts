import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  Loader,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { BalanceCopy, BalanceStore } from '../balances/balances.store.ts';
import type { Tables } from '../schema.ts';
import { type AccountRef, accountRef, scopeOf } from './account-ref.ts';
import { type AccountRow, accountColumns, toAccount } from './account-rows.ts';
import {
  type Account,
  type AccountEvent,
  type AccountRefusal,
  type Accounts,
  type ChangeAccountStatus,
  type ConfigureAccount,
  type DecideKyc,
  type ListAccounts,
  type OpenAccount,
  type SetOverdraft,
  changeAccountStatus,
  configureAccount,
  decideKyc,
  listAccounts,
  openAccount,
  setOverdraft,
} from './accounts.ts';

const db = queryBuilder<Tables>();

type Outcome = AccountRefusal | 'ok' | 'same';

const statements = {
  open: functionCall(
    'exchange.accounts.open',
    'write',
    'open_account',
    [
      'id',
      'parentId',
      'ownerId',
      'kind',
      'type',
      'feeTier',
      'checkRequired',
      'metadata',
      'requestHash',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome }>(),
  ),
  change: functionCall(
    'exchange.accounts.change',
    'write',
    'change_account',
    [
      'scopeId',
      'id',
      'version',
      'status',
      'kycStatus',
      'feeTier',
      'checkRequired',
      'metadata',
      'reason',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome; version: number | null }>(),
  ),
  setOverdraft: functionCall(
    'exchange.accounts.setOverdraft',
    'write',
    'set_overdraft',
    ['scopeId', 'id', 'asset', 'overdraft', 'reason', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome; balances: BalanceCopy[] | null }>(),
  ),
  find: statement('exchange.accounts.find', 'read', (p: { id: string }) =>
    db.selectFrom('accounts').select(accountColumns).where('id', '=', p.id),
  ),
  findMany: statement('exchange.accounts.findMany', 'read', (p: { ids: string }) =>
    db
      .selectFrom('accounts')
      .select(accountColumns)
      .where(sql<boolean>`id = any(${p.ids}::text[])`),
  ),
  listEvents: statement('exchange.accounts.listEvents', 'read', (p: { id: string; scopeId: string }) =>
    db
      .selectFrom('account_events as e')
      .innerJoin('accounts as a', 'a.id', 'e.account_id')
      .select(['e.version', 'e.type', 'e.status', 'e.kyc_status', 'e.changes', 'e.reason', 'e.actor', 'e.occurred_at'])
      .where('a.id', '=', p.id)
      .where('a.scope_id', '=', p.scopeId)
      .orderBy('e.version'),
  ),
};

const operations = {
  open: operation('exchange.accounts.open', openAccount, (input) => input.accountId),
  find: operation('exchange.accounts.find', accountRef),
  get: operation('exchange.accounts.get', accountRef),
  list: operation('exchange.accounts.list', listAccounts),
  changeStatus: operation('exchange.accounts.changeStatus', changeAccountStatus, (input) => input.accountId),
  decideKyc: operation('exchange.accounts.decideKyc', decideKyc, (input) => input.accountId),
  configure: operation('exchange.accounts.configure', configureAccount, (input) => input.accountId),
  setOverdraft: operation('exchange.accounts.setOverdraft', setOverdraft, (input) => input.accountId),
  listEvents: operation('exchange.accounts.listEvents', accountRef),
};

type Changes = z.output<typeof changeAccountStatus> | z.output<typeof decideKyc> | z.output<typeof configureAccount>;

export class AccountRepository implements Accounts {
  readonly #context: AdapterContext;
  readonly #balances: BalanceStore;
  readonly #loader: Loader<AccountRow>;

  constructor(context: AdapterContext, balances: BalanceStore) {
    this.#context = context;
    this.#balances = balances;
    this.#loader = new Loader({
      one: (id) => context.pg.maybe(statements.find, { id }),
      many: (ids) => context.pg.many(statements.findMany, { ids: arrayLiteral(ids) }),
      keyOf: (row) => row.id,
    });
  }

  open(input: OpenAccount, options?: CallOptions): Promise<Account> {
    return this.#context.run(operations.open, input, options, async (account) => {
      const accountId = account.accountId ?? this.#context.ids.next();
      const { parentId, ownerId, kind, type, feeTier, checkRequired, metadata } = account;
      const at = this.#context.clock.now();
      const { outcome } = await this.#context.pg.one(statements.open, {
        id: accountId,
        parentId,
        ownerId,
        kind,
        type,
        feeTier,
        checkRequired,
        metadata: JSON.stringify(metadata),
        requestHash: requestHash(parentId, ownerId, kind, type, feeTier, checkRequired, metadata),
        ...this.#stamp(at),
      });
      if (outcome === 'same') return this.#load(accountId, scopeOf({ accountId, parentId }));
      if (outcome !== 'ok') throw refusal(outcome, { accountId, parentId });
      const opened = { status: 'active', kycStatus: 'pending', openedAt: at, version: 1 } as const;
      return {
        accountId,
        ...(parentId !== undefined && { parentId }),
        ownerId,
        kind,
        type,
        feeTier,
        checkRequired,
        metadata,
        ...opened,
      };
    });
  }

  find(account: AccountRef, options?: CallOptions): Promise<Account | undefined> {
    return this.#context.run(operations.find, account, options, ({ accountId, scopeId }) =>
      this.#find(accountId, scopeId),
    );
  }

  get(account: AccountRef, options?: CallOptions): Promise<Account> {
    return this.#context.run(operations.get, account, options, ({ accountId, scopeId }) =>
      this.#load(accountId, scopeId),
    );
  }

  list(input: ListAccounts = {}, options?: CallOptions): Listing<Account> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const { parentId, ownerId, kind, type, status, kycStatus } = given;
        let query = db
          .selectFrom('accounts')
          .select(accountColumns)
          .orderBy('id')
          .limit(given.limit + 1);
        query = parentId === undefined ? query.where('parent_id', 'is', null) : query.where('parent_id', '=', parentId);
        if (ownerId !== undefined) query = query.where('owner_id', '=', ownerId);
        if (kind !== undefined) query = query.where('kind', '=', kind);
        if (type !== undefined) query = query.where('type', '=', type);
        if (status !== undefined) query = query.where('status', '=', status);
        if (kycStatus !== undefined) query = query.where('kyc_status', '=', kycStatus);
        if (given.cursor) query = query.where('id', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('exchange.accounts.list', 'read', query);
        return toPage(rows.map(toAccount), given.limit, (account) => [account.accountId]);
      }),
    );
  }

  changeStatus(input: ChangeAccountStatus, options?: CallOptions): Promise<Account> {
    return this.#context.run(operations.changeStatus, input, options, (change) => this.#change(change));
  }
  decideKyc(input: DecideKyc, options?: CallOptions): Promise<Account> {
    return this.#context.run(operations.decideKyc, input, options, (change) => this.#change(change));
  }
  configure(input: ConfigureAccount, options?: CallOptions): Promise<Account> {
    return this.#context.run(operations.configure, input, options, (change) => this.#change(change));
  }

  setOverdraft(input: SetOverdraft, options?: CallOptions): Promise<Decimal> {
    return this.#context.run(
      operations.setOverdraft,
      input,
      options,
      async ({ accountId, parentId, asset, overdraft, reason }) => {
        const { outcome, balances } = await this.#context.pg.one(statements.setOverdraft, {
          scopeId: scopeOf({ accountId, parentId }),
          id: accountId,
          asset,
          overdraft,
          reason,
          ...this.#stamp(this.#context.clock.now()),
        });
        if (outcome !== 'ok' && outcome !== 'same')
          throw refusal(outcome, { accountId, asset }, { 'too-many-digits': 'overdraft', 'out-of-range': 'overdraft' });
        if (balances) this.#balances.refresh(balances);
        else await this.#balances.refreshFromTables([accountId]);
        return overdraft;
      },
    );
  }

  listEvents(account: AccountRef, options?: CallOptions): Promise<AccountEvent[]> {
    return this.#context.run(operations.listEvents, account, options, async ({ accountId, scopeId }) => {
      const rows = await this.#context.pg.many(statements.listEvents, { id: accountId, scopeId });
      return rows.map(({ kyc_status, occurred_at, reason, actor, changes, ...event }) => ({
        ...event,
        kycStatus: kyc_status,
        changes: changes as Record<string, unknown>,
        occurredAt: occurred_at,
        ...(reason !== null && { reason }),
        ...(actor !== null && { actor }),
      }));
    });
  }

  async #change(change: Changes): Promise<Account> {
    const { accountId } = change;
    const scopeId = scopeOf(change);
    const wanted: Partial<
      z.output<typeof changeAccountStatus> & z.output<typeof decideKyc> & z.output<typeof configureAccount>
    > = change;
    const { outcome } = await this.#context.pg.one(statements.change, {
      scopeId,
      id: accountId,
      version: change.version,
      status: wanted.status,
      kycStatus: wanted.kycStatus,
      feeTier: wanted.feeTier,
      checkRequired: wanted.checkRequired,
      metadata: wanted.metadata && JSON.stringify(wanted.metadata),
      reason: change.reason,
      ...this.#stamp(this.#context.clock.now()),
    });
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { accountId });
    return this.#load(accountId, scopeId);
  }

  async #find(accountId: string, scopeId: string): Promise<Account | undefined> {
    const row = await this.#loader.load(accountId);
    return row && row.scope_id === scopeId ? toAccount(row) : undefined;
  }

  async #load(accountId: string, scopeId: string): Promise<Account> {
    const account = await this.#find(accountId, scopeId);
    if (!account) throw refusal('unknown-account', { accountId });
    return account;
  }

  #stamp(at: Instant) {
    return { at, eventId: this.#context.ids.next(), context: contextLiteral() };
  }
}
