import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditAdapter, type TrailEvent, verifyEventProof } from '@tse/audit';
import { type Decimal, type SumNode, commitment, decimal } from '@tse/core';
import { type CustodianAdapter, verifyHolding } from '@tse/custodian';
import { custodianEvents } from '@tse/custodian/events';
import { type Account, type ExchangeAdapter, verifyInclusion } from '@tse/exchange';
import { exchangeEvents } from '@tse/exchange/events';
import { type Invariant, invariantOf } from './report.ts';

const POLL_MS = 50;
const ZERO = '0' as Decimal;

/** What was published of a snapshot: its root, and the sum of each asset that the root is made of. */
interface Commitment {
  root: string;
  leaves: number;
  assets: Record<string, { hash: string; sum: string }>;
}

export interface SolvencyOptions {
  /** Of both snapshots; the same again proves the same. */
  snapshotId: string;
  signal?: AbortSignal | undefined;
}

/**
 * Invariant "solvency": of each asset custody holds for the venue's clients at least what the venue owes them. Both sides commit to a root that
 * is an event of the trail, in blocks of one tree; then every balance and every holding is proved against these roots with nothing but its proof,
 * and none is left out. To be asked for when nothing is under way: a withdrawal leaves custody before the venue has read of it.
 */
export async function proveSolvency(
  exchange: ExchangeAdapter,
  custodian: CustodianAdapter,
  audit: AuditAdapter,
  { snapshotId, signal }: SolvencyOptions,
): Promise<Invariant> {
  await exchange.liabilities.snapshot({ snapshotId });
  await custodian.holdingSnapshots.take({ snapshotId });
  const [owedEvent, heldEvent] = await Promise.all([
    published(audit, exchange.identity.schema, 'liability-snapshot', snapshotId, signal),
    published(audit, custodian.identity.schema, 'holding-snapshot', snapshotId, signal),
  ]);
  const problems: string[] = [];
  const owed: Commitment = exchangeEvents.types['liability-snapshot.taken'].payload.parse(owedEvent.payload);
  const held: Commitment = custodianEvents.types['holding-snapshot.taken'].payload.parse(heldEvent.payload);
  for (const [name, { root, assets }] of Object.entries({ liabilities: owed, holdings: held }))
    if (commitment(assets as Record<string, SumNode>) !== root)
      problems.push(`the sums of the ${name} are not those of their root`);
  problems.push(...(await trailProblems(audit, [owedEvent, heldEvent])));

  const balances = await provenBalances(exchange, snapshotId, owed, problems);
  const holdings = await provenHoldings(custodian, snapshotId, held, problems);
  for (const [asset, { sum }] of Object.entries(owed.assets)) {
    const have = holdings.ofVenue(exchange.identity.label)[asset] ?? ZERO;
    if (decimal.compare(have, sum) < 0) problems.push(`${sum} ${asset} owed, ${have} held`);
  }
  return invariantOf('solvency', balances + holdings.count, problems);
}

/** The event by which a snapshot became known, once the trail has it. */
async function published(
  audit: AuditAdapter,
  source: string,
  aggregate: string,
  aggregateId: string,
  signal: AbortSignal | undefined,
): Promise<TrailEvent> {
  for (;;) {
    const { items } = await audit.trail.list({ source, aggregate, aggregateId, limit: 1 });
    if (items[0] !== undefined) return items[0];
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Both events stand in sealed blocks of one tree, whose root can be anchored: neither can be taken back alone. */
async function trailProblems(audit: AuditAdapter, events: readonly TrailEvent[]): Promise<string[]> {
  const newest = (await audit.blocks.seal())!;
  const problems: string[] = [];
  for (const { position, type } of events) {
    const proof = await audit.blocks.prove({ position, treeSize: newest.block });
    if (!verifyEventProof(proof, newest.treeRoot)) problems.push(`${type} is not at position ${position} of the trail`);
  }
  return problems;
}

/** Accounts, each followed by its sub-accounts. */
async function* everyAccount({ accounts }: ExchangeAdapter): AsyncGenerator<Account> {
  for await (const account of accounts.list()) {
    yield account;
    yield* accounts.list({ parentId: account.accountId });
  }
}

/** Has each customer's balance proved, as the customer would; answers how many were. */
async function provenBalances(
  exchange: ExchangeAdapter,
  snapshotId: string,
  { root, leaves, assets }: Commitment,
  problems: string[],
): Promise<number> {
  const sums = new Sums();
  for await (const { accountId, parentId, kind } of everyAccount(exchange)) {
    if (kind !== 'customer') continue;
    const account = { accountId, ...(parentId !== undefined && { parentId }) };
    for (const { asset, total } of await exchange.balances.list(account, { fresh: true })) {
      if (decimal.compare(total, ZERO) <= 0) continue;
      const proof = await exchange.liabilities.prove({ snapshotId, ...account, asset }).catch(() => undefined);
      if (proof === undefined) problems.push(`${accountId} ${asset}: ${total}, and nothing of it is counted`);
      else if (proof.root !== root || proof.amount !== total || !verifyInclusion(proof))
        problems.push(`${accountId} ${asset}: ${total} is not what the root counts`);
      else sums.add(accountId, asset, proof.amount);
    }
  }
  problems.push(...sums.differences('owed', leaves, assets));
  return sums.count;
}

/** The same for what each custody account holds. */
async function provenHoldings(
  custodian: CustodianAdapter,
  snapshotId: string,
  { root, leaves, assets }: Commitment,
  problems: string[],
): Promise<{ count: number; ofVenue(venue: string): Record<string, Decimal> }> {
  const sums = new Sums();
  const byVenue = new Map<string, Sums>();
  for await (const { accountId, kind, client } of custodian.accounts.list()) {
    if (kind !== 'segregated' && kind !== 'house') continue;
    for (const { asset, settled } of await custodian.holdings.list(accountId, { fresh: true })) {
      if (decimal.compare(settled, ZERO) <= 0) continue;
      const proof = await custodian.holdingSnapshots.prove({ snapshotId, accountId, asset }).catch(() => undefined);
      if (proof?.root !== root || proof.amount !== settled || !verifyHolding(proof)) {
        problems.push(`${accountId} ${asset}: ${settled} is not what the root counts`);
        continue;
      }
      sums.add(accountId, asset, proof.amount);
      if (client === undefined) continue;
      const ofVenue = byVenue.get(client.venue) ?? new Sums();
      ofVenue.add(accountId, asset, proof.amount);
      byVenue.set(client.venue, ofVenue);
    }
  }
  problems.push(...sums.differences('held', leaves, assets));
  return { count: sums.count, ofVenue: (venue) => byVenue.get(venue)?.totals ?? {} };
}

/** Proved amounts, each once. */
class Sums {
  readonly totals: Record<string, Decimal> = {};
  readonly #seen = new Set<string>();

  get count(): number {
    return this.#seen.size;
  }

  add(accountId: string, asset: string, amount: Decimal): void {
    const key = `${accountId} ${asset}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.totals[asset] = decimal.plus(this.totals[asset] ?? ZERO, amount);
  }

  /** Where what was proved one by one is not all that the root counts. */
  differences(what: string, leaves: number, assets: Commitment['assets']): string[] {
    const found = Object.entries(assets)
      .filter(([asset, { sum }]) => (this.totals[asset] ?? ZERO) !== sum)
      .map(([asset, { sum }]) => `${sum} ${asset} ${what} by the root, ${this.totals[asset] ?? ZERO} by the proofs`);
    return this.count === leaves
      ? found
      : [...found, `${leaves} leaves ${what} by the root, ${this.count} by the proofs`];
  }
}
