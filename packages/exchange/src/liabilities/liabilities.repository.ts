import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Listing,
  answers,
  arrayLiteral,
  functionCall,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  statement,
  toPage,
  type SumNode,
  commitLeaves,
  contextLiteral,
  leafNode,
  leafSalts,
  sumProof,
  sumRoots,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { scopeOf } from '../accounts/account-ref.ts';
import type { Tables } from '../schema.ts';
import {
  type InclusionProof,
  type Liabilities,
  type LiabilitySnapshot,
  type ListSnapshots,
  type ProveInclusion,
  type TakeSnapshot,
  listSnapshots,
  proveInclusion,
  takeSnapshot,
} from './liabilities.ts';

const db = queryBuilder<Tables>();

const columns = ['id', 'as_of', 'root', 'totals', 'leaves'] as const;

const statements = {
  owed: statement('exchange.liabilities.owed', 'read', () =>
    db
      .selectFrom('balances')
      .select(['account_id', 'asset', 'posted'])
      .where('account_kind', '=', 'customer')
      .where('posted', '>', '0' as Decimal)
      .orderBy('asset')
      .orderBy('account_id'),
  ),
  record: functionCall(
    'exchange.liabilities.record',
    'write',
    'record_liabilities',
    ['id', 'asOf', 'root', 'accounts', 'assets', 'amounts', 'salts', 'hashes'],
    answers<{ outcome: 'ok' | 'same' | 'id-conflict' }>(),
  ),
  append: functionCall(
    'exchange.liabilities.append',
    'write',
    'append_event',
    ['eventId', 'type', 'aggregate', 'aggregateId', 'aggregateVersion', 'payload', 'occurredAt', 'context'],
    answers<object>(),
  ),
  find: statement('exchange.liabilities.find', 'read', (p: { id: string }) =>
    db.selectFrom('liability_snapshots').select(columns).where('id', '=', p.id),
  ),
  leaves: statement('exchange.liabilities.leaves', 'read', (p: { id: string }) =>
    db
      .selectFrom('liability_leaves as l')
      .innerJoin('accounts as a', 'a.id', 'l.account_id')
      .select(['l.account_id', 'a.scope_id', 'l.asset', 'l.amount', 'l.salt'])
      .where('l.snapshot_id', '=', p.id)
      .orderBy('l.n'),
  ),
};

const operations = {
  snapshot: operation('exchange.liabilities.snapshot', takeSnapshot, (input) => input.snapshotId),
  find: operation('exchange.liabilities.find', z.strictObject({ snapshotId: idInput })),
  list: operation('exchange.liabilities.list', listSnapshots),
  prove: operation('exchange.liabilities.prove', proveInclusion),
};

export class LiabilityRepository implements Liabilities {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  snapshot(input: TakeSnapshot, options?: CallOptions): Promise<LiabilitySnapshot> {
    return this.#context.run(operations.snapshot, input, options, async ({ snapshotId }) => {
      const existing = await this.#find(snapshotId);
      if (existing) return existing;
      const owed = await this.#context.pg.many(statements.owed, undefined);
      const salt = leafSalts(this.#context.ids);
      const leaves = owed.map(({ account_id, asset, posted }) => ({
        accountId: account_id,
        asset,
        amount: posted,
        salt: salt(account_id, asset),
      }));
      const { assets, ...committed } = commitLeaves(leaves);
      const snapshot = { snapshotId, asOf: this.#context.clock.now(), ...committed };
      const outcome = await this.#context.pg.transaction('exchange.liabilities.snapshot', async (tx) => {
        const { outcome: recorded } = await tx.one(statements.record, {
          id: snapshotId,
          asOf: snapshot.asOf,
          root: snapshot.root,
          accounts: arrayLiteral(leaves.map(({ accountId }) => accountId)),
          assets: arrayLiteral(leaves.map(({ asset }) => asset)),
          amounts: arrayLiteral(leaves.map(({ amount }) => amount)),
          salts: arrayLiteral(leaves.map(({ salt }) => salt)),
          hashes: arrayLiteral(leaves.map((leaf) => leafNode(leaf).hash)),
        });
        if (recorded === 'ok') await tx.one(statements.append, this.#event(snapshot, assets));
        return recorded;
      });
      // Another process was first: its snapshot stands.
      return outcome === 'ok' ? snapshot : (await this.#find(snapshotId))!;
    });
  }

  find(snapshotId: string, options?: CallOptions): Promise<LiabilitySnapshot | undefined> {
    return this.#context.run(operations.find, { snapshotId }, options, (input) => this.#find(input.snapshotId));
  }

  list(input: ListSnapshots = {}, options?: CallOptions): Listing<LiabilitySnapshot> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        let query = db
          .selectFrom('liability_snapshots')
          .select(columns)
          .orderBy('as_of', 'desc')
          .orderBy('id', 'desc')
          .limit(given.limit + 1);
        if (given.cursor)
          query = query.where(sql<boolean>`(as_of, id) < (${given.cursor[0]}::timestamptz, ${given.cursor[1]})`);
        const rows = await this.#context.pg.query('exchange.liabilities.list', 'read', query);
        return toPage(rows.map(toSnapshot), given.limit, (last) => [last.asOf, last.snapshotId]);
      }),
    );
  }

  prove(input: ProveInclusion, options?: CallOptions): Promise<InclusionProof> {
    return this.#context.run(operations.prove, input, options, async ({ snapshotId, asset, ...account }) => {
      const { accountId } = account;
      const snapshot = await this.#find(snapshotId);
      if (!snapshot) throw refusal('unknown-snapshot', { snapshotId });
      const leaves = (await this.#context.pg.many(statements.leaves, { id: snapshotId })).map(
        ({ account_id, scope_id, ...leaf }) => ({ accountId: account_id, scopeId: scope_id, ...leaf }),
      );
      const ofAsset = leaves.filter((leaf) => leaf.asset === asset);
      const index = ofAsset.findIndex((leaf) => leaf.accountId === accountId && leaf.scopeId === scopeOf(account));
      if (index < 0) throw refusal('unknown-balance', { snapshotId, accountId, asset });
      const { amount, salt } = ofAsset[index]!;
      return {
        snapshotId,
        root: snapshot.root,
        accountId,
        asset,
        amount,
        salt,
        steps: sumProof(ofAsset, index),
        assets: sumRoots(leaves),
      };
    });
  }

  /** It says of each asset the node that the root is made of: who has the event needs no word of ours for the totals. */
  #event({ snapshotId, asOf, root, leaves }: LiabilitySnapshot, assets: Record<string, SumNode>) {
    const { ids } = this.#context;
    return {
      eventId: ids.next(),
      type: 'liability-snapshot.taken',
      aggregate: 'liability-snapshot',
      aggregateId: snapshotId,
      aggregateVersion: 1,
      payload: JSON.stringify({ snapshotId, asOf, root, leaves, assets }),
      occurredAt: asOf,
      context: contextLiteral(),
    };
  }

  async #find(id: string): Promise<LiabilitySnapshot | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toSnapshot(row);
  }
}

const toSnapshot = (row: NonNullable<(typeof statements.find)['row']>): LiabilitySnapshot => ({
  snapshotId: row.id,
  asOf: row.as_of,
  root: row.root,
  totals: row.totals as Record<string, Decimal>,
  leaves: row.leaves,
});
