import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  Loader,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import { type AccountRow, accountColumns, toAccount } from './account-rows.ts';
import {
  type AccountEvent,
  type AccountRefusal,
  type Accounts,
  type ChangeAccountStatus,
  type Client,
  type CustodyAccount,
  type ListAccounts,
  type OpenAccount,
  changeAccountStatus,
  clientRef,
  listAccounts,
  openAccount,
} from './accounts.ts';

const db = queryBuilder<Tables>();

type Outcome = AccountRefusal | 'ok' | 'same';

const statements = {
  open: functionCall(
    'custodian.accounts.open',
    'write',
    'open_custody_account',
    ['id', 'kind', 'parentId', 'venue', 'clientAccountId', 'ownerId', 'requestHash', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  change: functionCall(
    'custodian.accounts.changeStatus',
    'write',
    'change_custody_account',
    ['id', 'version', 'status', 'reason', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome; version: number | null }>(),
  ),
  find: statement('custodian.accounts.find', 'read', (p: { id: string }) =>
    db.selectFrom('custody_accounts').select(accountColumns).where('id', '=', p.id),
  ),
  findMany: statement('custodian.accounts.findMany', 'read', (p: { ids: string }) =>
    db
      .selectFrom('custody_accounts')
      .select(accountColumns)
      .where(sql<boolean>`id = any(${p.ids}::text[])`),
  ),
  findByClient: statement('custodian.accounts.findByClient', 'read', (p: Client) =>
    db
      .selectFrom('custody_accounts')
      .select(accountColumns)
      .where('venue', '=', p.venue)
      .where('client_account_id', '=', p.accountId),
  ),
  listEvents: statement('custodian.accounts.listEvents', 'read', (p: { id: string }) =>
    db
      .selectFrom('custody_account_events')
      .select(['version', 'type', 'status', 'reason', 'actor', 'occurred_at'])
      .where('account_id', '=', p.id)
      .orderBy('version'),
  ),
};

const accountRef = z.strictObject({ accountId: idInput });
const operations = {
  open: operation('custodian.accounts.open', openAccount, (input) => input.accountId),
  find: operation('custodian.accounts.find', accountRef),
  get: operation('custodian.accounts.get', accountRef),
  findByClient: operation('custodian.accounts.findByClient', clientRef),
  list: operation('custodian.accounts.list', listAccounts),
  changeStatus: operation('custodian.accounts.changeStatus', changeAccountStatus, (input) => input.accountId),
  listEvents: operation('custodian.accounts.listEvents', accountRef),
};

export class AccountRepository implements Accounts {
  readonly #context: AdapterContext;
  readonly #loader: Loader<AccountRow>;

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#loader = new Loader({
      one: (id) => context.pg.maybe(statements.find, { id }),
      many: (ids) => context.pg.many(statements.findMany, { ids: arrayLiteral(ids) }),
      keyOf: (row) => row.id,
    });
  }

  open(input: OpenAccount, options?: CallOptions): Promise<CustodyAccount> {
    return this.#context.run(operations.open, input, options, async (account) => {
      const accountId = account.accountId ?? this.#context.ids.next();
      const { kind, parentId, client, ownerId } = account;
      const at = this.#context.clock.now();
      const { outcome } = await this.#context.pg.one(statements.open, {
        id: accountId,
        kind,
        parentId,
        venue: client?.venue,
        clientAccountId: client?.accountId,
        ownerId,
        requestHash: requestHash(kind, parentId, client?.venue, client?.accountId, ownerId),
        ...this.#stamp(at),
      });
      if (outcome === 'same') return this.#load(accountId);
      if (outcome !== 'ok') throw refusal(outcome, { accountId, parentId }, { 'wrong-parent': 'parentId' });
      return {
        accountId,
        kind,
        ...(parentId !== undefined && { parentId }),
        ...(client !== undefined && { client }),
        ownerId,
        status: 'active',
        openedAt: at,
        version: 1,
      };
    });
  }

  find(accountId: string, options?: CallOptions): Promise<CustodyAccount | undefined> {
    return this.#context.run(operations.find, { accountId }, options, (input) => this.#find(input.accountId));
  }

  get(accountId: string, options?: CallOptions): Promise<CustodyAccount> {
    return this.#context.run(operations.get, { accountId }, options, (input) => this.#load(input.accountId));
  }

  findByClient(client: Client, options?: CallOptions): Promise<CustodyAccount | undefined> {
    return this.#context.run(operations.findByClient, client, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.findByClient, input);
      return row && toAccount(row);
    });
  }

  list(input: ListAccounts = {}, options?: CallOptions): Listing<CustodyAccount> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const { kind, parentId, ownerId, venue, status } = given;
        let query = db
          .selectFrom('custody_accounts')
          .select(accountColumns)
          .orderBy('id')
          .limit(given.limit + 1);
        if (kind !== undefined) query = query.where('kind', '=', kind);
        if (parentId !== undefined) query = query.where('parent_id', '=', parentId);
        if (ownerId !== undefined) query = query.where('owner_id', '=', ownerId);
        if (venue !== undefined) query = query.where('venue', '=', venue);
        if (status !== undefined) query = query.where('status', '=', status);
        if (given.cursor) query = query.where('id', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('custodian.accounts.list', 'read', query);
        return toPage(rows.map(toAccount), given.limit, (account) => [account.accountId]);
      }),
    );
  }

  changeStatus(input: ChangeAccountStatus, options?: CallOptions): Promise<CustodyAccount> {
    return this.#context.run(operations.changeStatus, input, options, async (change) => {
      const { accountId, status, version, reason } = change;
      const { outcome } = await this.#context.pg.one(statements.change, {
        id: accountId,
        version,
        status,
        reason,
        ...this.#stamp(this.#context.clock.now()),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { accountId });
      return this.#load(accountId);
    });
  }

  listEvents(accountId: string, options?: CallOptions): Promise<AccountEvent[]> {
    return this.#context.run(operations.listEvents, { accountId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listEvents, { id: input.accountId });
      return rows.map(({ occurred_at, reason, actor, ...event }) => ({
        ...event,
        ...(reason !== null && { reason }),
        ...(actor !== null && { actor }),
        occurredAt: occurred_at,
      }));
    });
  }

  async #find(accountId: string): Promise<CustodyAccount | undefined> {
    const row = await this.#loader.load(accountId);
    return row && toAccount(row);
  }

  async #load(accountId: string): Promise<CustodyAccount> {
    const account = await this.#find(accountId);
    if (!account) throw refusal('unknown-account', { accountId });
    return account;
  }

  #stamp(at: Instant) {
    return { at, eventId: this.#context.ids.next(), context: contextLiteral() };
  }
}
