import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Listing,
  answers,
  arrayLiteral,
  decimal,
  functionCall,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
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
import type { FoundBreak, ReconciliationRunRepository } from '../reconciliations/reconciliation-runs.repository.ts';
import type { Tables } from '../schema.ts';
import {
  type CompareLiabilities,
  type HoldingProof,
  type HoldingSnapshot,
  type HoldingSnapshots,
  type LiabilityComparison,
  type ListHoldingSnapshots,
  type ProveHolding,
  type TakeHoldingSnapshot,
  compareLiabilities,
  listHoldingSnapshots,
  proveHolding,
  takeHoldingSnapshot,
} from './holding-snapshots.ts';

const db = queryBuilder<Tables>();

const columns = ['id', 'as_of', 'root', 'totals', 'leaves'] as const;

const statements = {
  held: statement('custodian.holdingSnapshots.held', 'read', () =>
    db
      .selectFrom('holdings as h')
      .innerJoin('custody_accounts as a', 'a.id', 'h.account_id')
      .select(['h.account_id', 'a.venue', 'h.asset', 'h.settled'])
      .where('h.account_kind', 'in', ['segregated', 'house'])
      .where('h.settled', '>', '0' as Decimal)
      .orderBy('h.asset')
      .orderBy('h.account_id'),
  ),
  record: functionCall(
    'custodian.holdingSnapshots.record',
    'write',
    'record_holding_snapshot',
    ['id', 'asOf', 'root', 'accounts', 'venues', 'assets', 'amounts', 'salts', 'hashes'],
    answers<{ outcome: 'ok' | 'same' | 'id-conflict' }>(),
  ),
  append: functionCall(
    'custodian.holdingSnapshots.append',
    'write',
    'append_event',
    ['eventId', 'type', 'aggregate', 'aggregateId', 'aggregateVersion', 'payload', 'occurredAt', 'context'],
    answers<object>(),
  ),
  find: statement('custodian.holdingSnapshots.find', 'read', (p: { id: string }) =>
    db.selectFrom('holding_snapshots').select(columns).where('id', '=', p.id),
  ),
  leaves: statement('custodian.holdingSnapshots.leaves', 'read', (p: { id: string }) =>
    db
      .selectFrom('holding_leaves')
      .select(['account_id', 'asset', 'amount', 'salt'])
      .where('snapshot_id', '=', p.id)
      .orderBy('n'),
  ),
  heldForVenue: statement('custodian.holdingSnapshots.heldForVenue', 'read', (p: { id: string; venue: string }) =>
    db
      .selectFrom('holding_leaves')
      .select(['asset', sql<Decimal>`sum(amount)`.as('held')])
      .where('snapshot_id', '=', p.id)
      .where('venue', '=', p.venue)
      .groupBy('asset'),
  ),
  keepComparison: statement(
    'custodian.holdingSnapshots.keepComparison',
    'write',
    (p: { runId: string; snapshotId: string; venue: string; root: string; totals: string }) =>
      db
        .insertInto('liability_comparisons')
        .values({
          run_id: p.runId,
          snapshot_id: p.snapshotId,
          venue: p.venue,
          liability_root: p.root,
          totals: p.totals,
        })
        .onConflict((c) => c.doNothing()),
  ),
  findComparison: statement('custodian.holdingSnapshots.findComparison', 'read', (p: { id: string }) =>
    db
      .selectFrom('liability_comparisons')
      .select(['run_id', 'snapshot_id', 'venue', 'liability_root', 'totals'])
      .where('run_id', '=', p.id),
  ),
};

const operations = {
  take: operation('custodian.holdingSnapshots.take', takeHoldingSnapshot, (input) => input.snapshotId),
  find: operation('custodian.holdingSnapshots.find', z.strictObject({ snapshotId: idInput })),
  list: operation('custodian.holdingSnapshots.list', listHoldingSnapshots),
  prove: operation('custodian.holdingSnapshots.prove', proveHolding),
  compare: operation('custodian.holdingSnapshots.compare', compareLiabilities, (input) => input.comparisonId),
};

export class HoldingSnapshotRepository implements HoldingSnapshots {
  readonly #context: AdapterContext;
  readonly #runs: ReconciliationRunRepository;

  constructor(context: AdapterContext, runs: ReconciliationRunRepository) {
    this.#context = context;
    this.#runs = runs;
  }

  take(input: TakeHoldingSnapshot, options?: CallOptions): Promise<HoldingSnapshot> {
    return this.#context.run(operations.take, input, options, async ({ snapshotId }) => {
      const existing = await this.#find(snapshotId);
      if (existing) return existing;
      const salt = leafSalts(this.#context.ids);
      const leaves = (await this.#context.pg.many(statements.held, undefined)).map((row) => ({
        accountId: row.account_id,
        venue: row.venue,
        asset: row.asset,
        amount: row.settled,
        salt: salt(row.account_id, row.asset),
      }));
      const { assets, ...committed } = commitLeaves(leaves);
      const snapshot = { snapshotId, asOf: this.#context.clock.now(), ...committed };
      const outcome = await this.#context.pg.transaction('custodian.holdingSnapshots.take', async (tx) => {
        const { outcome: recorded } = await tx.one(statements.record, {
          id: snapshotId,
          asOf: snapshot.asOf,
          root: snapshot.root,
          accounts: arrayLiteral(leaves.map(({ accountId }) => accountId)),
          venues: arrayLiteral(leaves.map(({ venue }) => venue)),
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

  find(snapshotId: string, options?: CallOptions): Promise<HoldingSnapshot | undefined> {
    return this.#context.run(operations.find, { snapshotId }, options, (input) => this.#find(input.snapshotId));
  }

  list(input: ListHoldingSnapshots = {}, options?: CallOptions): Listing<HoldingSnapshot> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        let query = db
          .selectFrom('holding_snapshots')
          .select(columns)
          .orderBy('as_of', 'desc')
          .orderBy('id', 'desc')
          .limit(given.limit + 1);
        if (given.cursor)
          query = query.where(sql<boolean>`(as_of, id) < (${given.cursor[0]}::timestamptz, ${given.cursor[1]})`);
        const rows = await this.#context.pg.query('custodian.holdingSnapshots.list', 'read', query);
        return toPage(rows.map(toSnapshot), given.limit, (last) => [last.asOf, last.snapshotId]);
      }),
    );
  }

  prove(input: ProveHolding, options?: CallOptions): Promise<HoldingProof> {
    return this.#context.run(operations.prove, input, options, async ({ snapshotId, accountId, asset }) => {
      const snapshot = await this.#load(snapshotId);
      const leaves = (await this.#context.pg.many(statements.leaves, { id: snapshotId })).map(
        ({ account_id, ...leaf }) => ({ accountId: account_id, ...leaf }),
      );
      const ofAsset = leaves.filter((leaf) => leaf.asset === asset);
      const index = ofAsset.findIndex((leaf) => leaf.accountId === accountId);
      if (index < 0) throw refusal('unknown-holding', { snapshotId, accountId, asset });
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

  compare(input: CompareLiabilities, options?: CallOptions): Promise<LiabilityComparison> {
    return this.#context.run(operations.compare, input, options, async (comparison) => {
      const { comparisonId, snapshotId, venue, liabilities } = comparison;
      const { asOf } = await this.#load(snapshotId);
      const run = await this.#runs.begin({
        runId: comparisonId,
        kind: 'liabilities',
        source: venue,
        cutoff: asOf,
        dryRun: false,
        requestHash: requestHash('liabilities', venue, snapshotId, liabilities.root, sorted(liabilities.totals)),
      });
      if (run.status === 'running') {
        const held = new Map(
          (await this.#context.pg.many(statements.heldForVenue, { id: snapshotId, venue })).map((row) => [
            row.asset,
            row.held,
          ]),
        );
        const codes = [...new Set([...held.keys(), ...Object.keys(liabilities.totals)])].toSorted();
        const assets = codes.map((asset) => {
          const [have, owed] = [held.get(asset) ?? ZERO, liabilities.totals[asset] ?? ZERO];
          return { asset, held: have, owed, difference: decimal.minus(have, owed) };
        });
        await this.#context.pg.run(statements.keepComparison, {
          runId: comparisonId,
          snapshotId,
          venue,
          root: liabilities.root,
          totals: JSON.stringify(Object.fromEntries(assets.map(({ asset, ...amounts }) => [asset, amounts]))),
        });
        const breaks = assets
          .filter(({ difference }) => decimal.isNegative(difference))
          .map(({ asset, held: ours, owed: theirs }): FoundBreak => ({
            key: `liability:${venue}:${asset}`,
            kind: 'deficit',
            asset,
            ours,
            theirs,
            at: asOf,
          }));
        const lines = Object.keys(liabilities.totals).length;
        const matched = assets.length - breaks.length;
        await this.#runs.complete(run, { lines, entries: held.size, matched, matches: [], breaks });
      }
      const row = await this.#context.pg.one(statements.findComparison, { id: comparisonId });
      return {
        comparisonId: row.run_id,
        snapshotId: row.snapshot_id,
        venue: row.venue,
        liabilityRoot: row.liability_root,
        assets: row.totals as LiabilityComparison['assets'],
      };
    });
  }

  /** It says of each asset the node that the root is made of: who has the event needs no word of ours for the totals. */
  #event({ snapshotId, asOf, root, leaves }: HoldingSnapshot, assets: Record<string, SumNode>) {
    const { ids } = this.#context;
    return {
      eventId: ids.next(),
      type: 'holding-snapshot.taken',
      aggregate: 'holding-snapshot',
      aggregateId: snapshotId,
      aggregateVersion: 1,
      payload: JSON.stringify({ snapshotId, asOf, root, leaves, assets }),
      occurredAt: asOf,
      context: contextLiteral(),
    };
  }

  async #find(id: string): Promise<HoldingSnapshot | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toSnapshot(row);
  }

  async #load(snapshotId: string): Promise<HoldingSnapshot> {
    const snapshot = await this.#find(snapshotId);
    if (!snapshot) throw refusal('unknown-snapshot', { snapshotId });
    return snapshot;
  }
}

const ZERO = '0' as Decimal;

const sorted = (totals: Readonly<Record<string, string>>) =>
  Object.entries(totals).toSorted(([a], [b]) => (a < b ? -1 : 1));

const toSnapshot = (row: NonNullable<(typeof statements.find)['row']>): HoldingSnapshot => ({
  snapshotId: row.id,
  asOf: row.as_of,
  root: row.root,
  totals: row.totals as Record<string, Decimal>,
  leaves: row.leaves,
});
