import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Listing,
  answers,
  contextLiteral,
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
import { z } from 'zod';
import { scopeOf } from '../accounts/account-ref.ts';
import type { BalanceCopy, BalanceStore } from '../balances/balances.store.ts';
import type { Tables } from '../schema.ts';
import {
  type ExtendHold,
  type Hold,
  type HoldRefusal,
  type Holds,
  type ListHolds,
  type PlaceHold,
  type ReleaseHold,
  extendHold,
  listHolds,
  placeHold,
  releaseHold,
} from './holds.ts';

const db = queryBuilder<Tables>();

const columns = [
  'id',
  'kind',
  'reference',
  'account_id',
  'asset',
  'amount',
  'captured',
  'released',
  'state',
  'expires_at',
  'placed_at',
  'closed_at',
] as const;

type Outcome = HoldRefusal | 'ok' | 'same';

const statements = {
  place: functionCall(
    'exchange.holds.place',
    'write',
    'place_hold',
    ['kind', 'reference', 'scopeId', 'accountId', 'asset', 'amount', 'expiresAt', 'requestHash', 'at', 'context'],
    answers<{ outcome: Outcome; hold_id: string; available: Decimal; balances: BalanceCopy[] | null }>(),
  ),
  release: functionCall(
    'exchange.holds.release',
    'write',
    'release_hold',
    ['scopeId', 'accountId', 'holdId', 'at'],
    answers<{ outcome: Outcome; balances: BalanceCopy[] | null }>(),
  ),
  extend: functionCall(
    'exchange.holds.extend',
    'write',
    'extend_hold',
    ['scopeId', 'accountId', 'holdId', 'expiresAt', 'at'],
    answers<{ outcome: Outcome }>(),
  ),
  expire: functionCall(
    'exchange.holds.expire',
    'write',
    'expire_holds',
    ['at', 'limit'],
    answers<{ hold_ids: string[]; balances: BalanceCopy[] }>(),
  ),
  find: statement('exchange.holds.find', 'read', (p: { id: string }) =>
    db.selectFrom('holds').select(columns).where('id', '=', p.id),
  ),
};

const operations = {
  place: operation('exchange.holds.place', placeHold, (input) => input.reference),
  release: operation('exchange.holds.release', releaseHold, (input) => input.holdId),
  extend: operation('exchange.holds.extend', extendHold, (input) => input.holdId),
  find: operation('exchange.holds.find', z.strictObject({ holdId: textInput(96) })),
  list: operation('exchange.holds.list', listHolds),
};

export class HoldRepository implements Holds {
  readonly #context: AdapterContext;
  readonly #balances: BalanceStore;

  constructor(context: AdapterContext, balances: BalanceStore) {
    this.#context = context;
    this.#balances = balances;
  }

  place(input: PlaceHold, options?: CallOptions): Promise<Hold> {
    return this.#context.run(operations.place, input, options, async (hold) => {
      const { kind, reference, accountId, parentId, asset, amount, expiresAt } = hold;
      const scopeId = scopeOf(hold);
      const answer = await this.#context.pg.one(statements.place, {
        kind,
        reference,
        scopeId,
        accountId,
        asset,
        amount,
        expiresAt,
        requestHash: requestHash(kind, accountId, parentId, asset, amount, expiresAt),
        at: this.#context.clock.now(),
        context: contextLiteral(),
      });
      this.#accept(answer, { accountId, asset, required: amount, available: answer.available });
      return this.#answer(answer.outcome, answer.hold_id);
    });
  }

  release(input: ReleaseHold, options?: CallOptions): Promise<Hold> {
    return this.#context.run(operations.release, input, options, async ({ holdId, ...account }) => {
      const at = this.#context.clock.now();
      const answer = await this.#context.pg.one(statements.release, {
        scopeId: scopeOf(account),
        accountId: account.accountId,
        holdId,
        at,
      });
      this.#accept(answer, { holdId });
      return this.#answer(answer.outcome, holdId);
    });
  }

  extend(input: ExtendHold, options?: CallOptions): Promise<Hold> {
    return this.#context.run(operations.extend, input, options, async ({ holdId, expiresAt, ...account }) => {
      const at = this.#context.clock.now();
      const answer = await this.#context.pg.one(statements.extend, {
        scopeId: scopeOf(account),
        accountId: account.accountId,
        holdId,
        expiresAt,
        at,
      });
      this.#accept(answer, { holdId });
      return this.#answer(answer.outcome, holdId);
    });
  }

  find(holdId: string, options?: CallOptions): Promise<Hold | undefined> {
    return this.#context.run(operations.find, { holdId }, options, (input) => this.#find(input.holdId));
  }

  list(input: ListHolds, options?: CallOptions): Listing<Hold> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        let query = db
          .selectFrom('holds')
          .select(columns)
          .where('account_id', '=', given.accountId)
          .where('scope_id', '=', scopeOf(given))
          .orderBy('id')
          .limit(given.limit + 1);
        if (given.kind !== undefined) query = query.where('kind', '=', given.kind);
        if (given.state !== undefined) query = query.where('state', '=', given.state);
        if (given.cursor) query = query.where('id', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('exchange.holds.list', 'read', query);
        return toPage(rows.map(toHold), given.limit, (hold) => [hold.holdId]);
      }),
    );
  }

  /** Closes at most `limit` of the holds that are due now, the earliest first, and answers how many. For the worker. */
  async expireDue(limit: number): Promise<number> {
    const { hold_ids, balances } = await this.#context.pg.one(statements.expire, {
      at: this.#context.clock.now(),
      limit,
    });
    this.#balances.refresh(balances);
    return hold_ids.length;
  }

  #accept(answer: { outcome: Outcome; balances?: BalanceCopy[] | null }, details: Record<string, string>): void {
    const { outcome, balances } = answer;
    if (outcome !== 'ok' && outcome !== 'same')
      throw refusal(outcome, details, { 'too-many-digits': 'amount', 'already-expired': 'expiresAt' });
    if (balances) this.#balances.refresh(balances);
  }

  async #find(holdId: string): Promise<Hold | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id: holdId });
    return row && toHold(row);
  }

  async #answer(outcome: Outcome, holdId: string): Promise<Hold> {
    const hold = await this.#load(holdId);
    if (outcome === 'same') await this.#balances.refreshFromTables([hold.accountId]);
    return hold;
  }

  async #load(holdId: string): Promise<Hold> {
    const hold = await this.#find(holdId);
    if (!hold) throw refusal('unknown-hold', { holdId });
    return hold;
  }
}

const toHold = (row: NonNullable<(typeof statements.find)['row']>): Hold => ({
  holdId: row.id,
  kind: row.kind,
  reference: row.reference,
  accountId: row.account_id,
  asset: row.asset,
  amount: row.amount,
  captured: row.captured,
  released: row.released,
  state: row.state,
  ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  placedAt: row.placed_at,
  ...(row.closed_at !== null && { closedAt: row.closed_at }),
});
