import { type AdapterContext, type Decimal, type KeyOf, script } from '@tse/core';

/** A balance as the SQL functions answer it. Accounts that are folded have no overdraft. */
export interface BalanceCopy {
  accountId: string;
  asset: string;
  posted: Decimal;
  held: Decimal;
  overdraft: Decimal | null;
  version: number;
}

const LIFE_MS = 60_000;
const PAUSE_MS = 10;
const RETRY_MS = 500;
const MOST_PENDING = 10_000;

const storeBalances = script(
  'exchange.balances.store',
  'write',
  new URL('../../lua/store-balances.lua', import.meta.url),
);

/**
 * The copies of balances in Redis. Writers hand in what their statement answered and do not wait: copies of a moment go out
 * together, a later version of a balance in the place of an earlier one. What Redis did not take is tried again.
 */
export class BalanceStore {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;
  #pending = new Map<string, BalanceCopy>();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key;
  }

  refresh(copies: readonly BalanceCopy[]): void {
    for (const copy of copies) {
      const name = `${copy.accountId} ${copy.asset}`;
      const waiting = this.#pending.get(name);
      if (!waiting || waiting.version < copy.version) this.#pending.set(name, copy);
    }
    this.#flushIn(PAUSE_MS);
  }

  /** The balances of an account, or `undefined` where Redis has no complete copy. */
  async find(accountId: string): Promise<BalanceCopy[] | undefined> {
    const fields = await this.#context.redis.read('exchange.balances.find', (client) =>
      client.hgetall(this.#key(accountId)),
    );
    if (fields['complete'] === undefined) return undefined;
    const balances: BalanceCopy[] = [];
    for (const [asset, text] of Object.entries(fields)) {
      if (asset === 'complete') continue;
      const [version, posted, held, overdraft] = text.split(' ') as [string, Decimal, Decimal, Decimal];
      balances.push({
        accountId,
        asset,
        posted,
        held,
        overdraft: overdraft === ('-' as Decimal) ? null : overdraft,
        version: Number(version),
      });
    }
    return balances.sort((a, b) => (a.asset < b.asset ? -1 : 1));
  }

  /** Fills the copy of an account with all of its balances, as read. */
  async fill(accountId: string, balances: readonly BalanceCopy[]): Promise<void> {
    await this.#store(new Map([[accountId, balances]]), true);
  }

  /** Sends what still waits. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#pending.size > 0) await this.#flush();
    clearTimeout(this.#timer);
  }

  #flushIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#flush().catch((err: unknown) => this.#context.telemetry.log.debug({ err }, 'balance copies not refreshed'));
    }, ms).unref();
  }

  async #flush(): Promise<void> {
    const copies = this.#pending;
    this.#pending = new Map();
    try {
      await this.#store(
        Map.groupBy(copies.values(), ({ accountId }) => accountId),
        false,
      );
      this.#timer = undefined;
    } catch (error) {
      this.#timer = undefined;
      // Beyond the bound the copies age out by themselves.
      if (copies.size <= MOST_PENDING)
        for (const [name, copy] of copies) if (!this.#pending.has(name)) this.#pending.set(name, copy);
      this.#flushIn(RETRY_MS);
      throw error;
    }
    if (this.#pending.size > 0) this.#flushIn(PAUSE_MS);
  }

  async #store(accounts: ReadonlyMap<string, readonly BalanceCopy[]>, complete: boolean): Promise<void> {
    const groups = this.#context.config.redis.cluster ? [...accounts].map((account) => [account]) : [[...accounts]];
    await Promise.all(
      groups.map((group) => {
        const args: (string | number)[] = [LIFE_MS, complete ? 1 : 0];
        for (const [, balances] of group) {
          args.push(balances.length);
          for (const { asset, version, posted, held, overdraft } of balances)
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
