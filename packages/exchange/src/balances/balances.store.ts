import {
  type AdapterContext,
  type Decimal,
  type KeyOf,
  type Projection,
  RecentIds,
  arrayLiteral,
  differencesOfParts,
  queryBuilder,
  script,
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

const LIFE_MS = 60_000;
const PAUSE_MS = 10;
const RETRY_MS = 500;
/** Accounts. */
const MOST_PENDING = 10_000;

const storeBalances = script(
  'exchange.balances.store',
  'write',
  new URL('../../lua/store-balances.lua', import.meta.url),
);

/** By account, then by asset. */
type Copies = Map<string, Map<string, BalanceCopy>>;

/**
 * The copies of balances in Redis. Writers hand in what their statement answered and do not wait: copies of a moment go out
 * together, a later version of a balance in the place of an earlier one. What Redis did not take is tried again; reads of this
 * process see what is on its way.
 */
export class BalanceStore {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;
  readonly #filled = new RecentIds(LIFE_MS);
  #pending: Copies = new Map();
  #sending: Copies = new Map();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key;
  }

  refresh(copies: readonly BalanceCopy[]): void {
    keepLatest(this.#pending, copies);
    this.#flushIn(PAUSE_MS);
  }

  /** After a repeat of what was done before: the refresh of the first time may have been lost with its reply. */
  async refreshFromTables(accountIds: readonly string[]): Promise<void> {
    try {
      this.refresh(await this.#context.pg.many(ofAccounts, of(accountIds)));
    } catch (err) {
      this.#context.telemetry.log.debug({ err }, 'balance copies not refreshed');
    }
  }

  /** The balances of an account, or `undefined` where Redis has no complete copy. */
  async find(accountId: string): Promise<BalanceCopy[] | undefined> {
    // Taken before Redis is asked: what reaches it meanwhile is in its answer or in here.
    const own = [this.#sending, this.#pending].flatMap((copies) => [...(copies.get(accountId)?.values() ?? [])]);
    const kept = await this.#kept(accountId);
    if (kept === undefined) return undefined;
    const found: Copies = new Map();
    keepLatest(found, kept);
    keepLatest(found, own);
    return [...(found.get(accountId)?.values() ?? [])].sort((a, b) => (a.asset < b.asset ? -1 : 1));
  }

  /** Fills the copy of an account with all of its balances, as read. */
  async fill(accountId: string, balances: readonly BalanceCopy[]): Promise<void> {
    this.#filled.add(accountId);
    await this.#store(new Map([[accountId, new Map(balances.map((copy) => [copy.asset, copy]))]]), true);
  }

  /** For the drift verifier: the accounts that this process filled. What drifted is dropped, and filled by the next read. */
  readonly projection: Projection = {
    name: 'balances',
    ids: () => Promise.resolve(this.#filled.list()),
    differences: async (accountId) => {
      const kept = await this.#kept(accountId);
      if (kept === undefined) return [];
      return differencesOfParts(partsOf(kept), partsOf(await this.#context.pg.many(ofAccounts, of([accountId]))));
    },
    repair: async (accountId) => {
      await this.#context.redis.write('exchange.balances.drop', (client) => client.unlink(this.#key(accountId)));
    },
  };

  /** Sends what still waits. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#pending.size > 0) await this.#flush();
    clearTimeout(this.#timer);
  }

  /** Where Redis has a complete copy. */
  async #kept(accountId: string): Promise<BalanceCopy[] | undefined> {
    const fields = await this.#context.redis.read('exchange.balances.find', (client) =>
      client.hgetall(this.#key(accountId)),
    );
    if (fields['complete'] === undefined) return undefined;
    return Object.entries(fields).flatMap(([asset, text]) =>
      asset === 'complete' ? [] : [decode(accountId, asset, text)],
    );
  }

  #flushIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#flush().catch((err: unknown) => this.#context.telemetry.log.debug({ err }, 'balance copies not refreshed'));
    }, ms).unref();
  }

  async #flush(): Promise<void> {
    const copies = (this.#sending = this.#pending);
    this.#pending = new Map();
    try {
      await this.#store(copies, false);
      this.#timer = undefined;
    } catch (error) {
      this.#timer = undefined;
      // Beyond the bound the copies age out by themselves.
      if (copies.size <= MOST_PENDING) for (const assets of copies.values()) keepLatest(this.#pending, assets.values());
      this.#flushIn(RETRY_MS);
      throw error;
    } finally {
      this.#sending = new Map();
    }
    if (this.#pending.size > 0) this.#flushIn(PAUSE_MS);
  }

  async #store(accounts: Copies, complete: boolean): Promise<void> {
    const groups = this.#context.config.redis.cluster ? [...accounts].map((account) => [account]) : [[...accounts]];
    await Promise.all(
      groups.map((group) => {
        const args: (string | number)[] = [LIFE_MS, complete ? 1 : 0];
        for (const [, balances] of group) {
          args.push(balances.size);
          for (const { asset, version, posted, held, overdraft } of balances.values())
            args.push(asset, version, posted, held, overdraft ?? '-');
        }
        return this.#context.redis.script(
          storeBalances,
          group.map(([accountId]) => this.#key(accountId)),
          args,
        );
      }),
    );
  }
}

const of = (accountIds: readonly string[]) => ({ accountIds: arrayLiteral(accountIds) });

const partsOf = (balances: readonly BalanceCopy[]) =>
  new Map(balances.map(({ version, ...value }) => [value.asset, { version, value }]));

function keepLatest(copies: Copies, more: Iterable<BalanceCopy>): void {
  for (const copy of more) {
    let assets = copies.get(copy.accountId);
    if (!assets) copies.set(copy.accountId, (assets = new Map()));
    const known = assets.get(copy.asset);
    if (!known || known.version < copy.version) assets.set(copy.asset, copy);
  }
}

function decode(accountId: string, asset: string, text: string): BalanceCopy {
  const [version, posted, held, overdraft] = text.split(' ') as [string, Decimal, Decimal, Decimal];
  return { accountId, asset, posted, held, overdraft: overdraft === '-' ? null : overdraft, version: Number(version) };
}
