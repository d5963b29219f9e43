import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterError, decimal, isAdapterError } from '@tse/core';
import type { ExchangeAdapter, PlaceOrder } from '@tse/exchange';
import { drawsOf } from '../participants/draws.ts';

export const SYMBOL = 'BTC-USD';
const ACCOUNTS = Array.from({ length: 16 }, (_, i) => `account-${i}`);
const FUNDS = { USD: '1000000', BTC: '1000' };

/** What the exchange acknowledged: it must be there at the end, once, whatever happened meanwhile. */
export interface Acknowledged {
  /** Order ids by the id the client gave. */
  readonly orders: Map<string, string>;
  readonly trades: Map<string, { seller: string; buyer: string; price: string; quantity: string }>;
  /** Deposits and transfers by reference. */
  readonly bookings: Map<string, { from?: string; to: string; asset: string; amount: string }>;
  readonly canceled: Set<string>;
}

export interface BankTally {
  operations: number;
  acknowledged: number;
  refused: number;
  /** Calls whose outcome was unknown, and that a repeat resolved. */
  resolved: number;
  unavailable: number;
}

/** Callers of one exchange that trade and move money without end, each operation under an id of its own until its outcome is known. */
export class Bank {
  readonly acknowledged: Acknowledged = {
    orders: new Map(),
    trades: new Map(),
    bookings: new Map(),
    canceled: new Set(),
  };
  readonly tally: BankTally = { operations: 0, acknowledged: 0, refused: 0, resolved: 0, unavailable: 0 };
  /** Every error that a caller saw: to be searched for secrets. */
  readonly errors: unknown[] = [];
  readonly #exchange: ExchangeAdapter;
  readonly #seed: string;
  #lastSuccess = 0;

  constructor(exchange: ExchangeAdapter, seed: string) {
    this.#exchange = exchange;
    this.#seed = seed;
  }

  /** `performance.now()` of the last acknowledged write. */
  get lastSuccess(): number {
    return this.#lastSuccess;
  }

  async open(): Promise<void> {
    const { markets, accounts } = this.#exchange;
    await markets.registerAsset({ asset: 'BTC', scale: 8 });
    await markets.registerAsset({ asset: 'USD', scale: 10 });
    await markets.open({ symbol: SYMBOL, tickSize: '0.01', lotSize: '0.00000001' });
    for (const accountId of ACCOUNTS) {
      await accounts.open({ accountId, ownerId: accountId });
      for (const [asset, amount] of Object.entries(FUNDS))
        await this.#deposit(`open-${accountId}-${asset}`, accountId, asset, amount);
    }
  }

  /** Runs so many callers until the signal aborts; each finishes what it has begun. */
  async run(callers: number, signal: AbortSignal): Promise<void> {
    await Promise.all(
      Array.from({ length: callers }, async (_, caller) => {
        const draw = drawsOf(`${this.#seed} caller ${caller}`);
        for (let n = 0; !signal.aborted; n += 1) await this.#act(`${caller}-${n}`, draw);
      }),
    );
  }

  async #act(id: string, draw: (below: number) => number): Promise<void> {
    const [a, b] = [draw(ACCOUNTS.length), draw(ACCOUNTS.length - 1)];
    const [one, other] = [ACCOUNTS[a]!, ACCOUNTS[(a + 1 + b) % ACCOUNTS.length]!];
    const amount = `${1 + draw(50)}.${draw(100)}`;
    const kind = draw(10);
    if (kind === 0) await this.#deposit(`d-${id}`, one, 'USD', amount);
    else if (kind === 1) await this.#transfer(`t-${id}`, one, other, amount);
    else if (kind === 2) await this.#placeAndCancel(id, one, amount);
    else await this.#trade(id, one, other, amount, `0.00${1 + draw(99)}`);
  }

  async #trade(id: string, seller: string, buyer: string, price: string, quantity: string): Promise<void> {
    const order = { symbol: SYMBOL, type: 'limit', price, quantity } as const;
    const maker = await this.#place({ ...order, clientOrderId: `s-${id}`, accountId: seller, side: 'sell' });
    const taker = maker && (await this.#place({ ...order, clientOrderId: `b-${id}`, accountId: buyer, side: 'buy' }));
    if (!taker) return;
    const match = { tradeId: `m-${id}`, symbol: SYMBOL, makerOrderId: maker, takerOrderId: taker, price, quantity };
    await this.#known(async () => {
      const [outcome] = await this.#exchange.matches.settle([match]);
      if (!outcome!.ok) throw outcome!.error;
      this.acknowledged.trades.set(match.tradeId, { seller, buyer, price, quantity });
    });
  }

  async #placeAndCancel(id: string, accountId: string, price: string): Promise<void> {
    const orderId = await this.#place({
      symbol: SYMBOL,
      type: 'limit',
      price,
      quantity: '0.01',
      clientOrderId: `c-${id}`,
      accountId,
      side: 'buy',
    });
    if (!orderId) return;
    await this.#known(async () => {
      await this.#exchange.orders.cancel({ orderId, accountId });
      this.acknowledged.canceled.add(orderId);
    });
  }

  #place(order: PlaceOrder & { clientOrderId: string }): Promise<string | undefined> {
    return this.#known(async () => {
      const { id } = await this.#exchange.orders.place(order, { deadlineMs: 2000 });
      this.acknowledged.orders.set(order.clientOrderId, id);
      return id;
    });
  }

  async #deposit(reference: string, to: string, asset: string, amount: string): Promise<void> {
    await this.#known(async () => {
      await this.#exchange.ledger.deposit({ reference, accountId: to, asset, amount });
      this.acknowledged.bookings.set(`deposit:${reference}`, { to, asset, amount });
    });
  }

  async #transfer(reference: string, from: string, to: string, amount: string): Promise<void> {
    await this.#known(async () => {
      await this.#exchange.ledger.transfer({
        reference,
        from: { accountId: from },
        to: { accountId: to },
        asset: 'USD',
        amount,
      });
      this.acknowledged.bookings.set(`transfer:${reference}`, { from, to, asset: 'USD', amount });
    });
  }

  /** Repeats an operation until it is acknowledged or refused. An unknown outcome is repeated with the same id. */
  async #known<T>(operation: () => Promise<T>): Promise<T | undefined> {
    this.tally.operations += 1;
    for (let unknown = false; ;) {
      try {
        const result = await operation();
        this.#lastSuccess = performance.now();
        this.tally.acknowledged += 1;
        if (unknown) this.tally.resolved += 1;
        return result;
      } catch (error) {
        this.errors.push(error);
        if (!isAdapterError(error)) throw error;
        if (!mayBeRepeated(error)) {
          if (error.kind === 'internal' || error.kind === 'invalid-input') throw error;
          this.tally.refused += 1;
          return undefined;
        }
        if (error.kind === 'outcome-unknown') unknown = true;
        else this.tally.unavailable += 1;
        await sleep(5 + Math.random() * 20);
      }
    }
  }
}

const mayBeRepeated = ({ kind }: AdapterError): boolean => kind === 'outcome-unknown' || kind === 'unavailable';

/** What every account must have by what was acknowledged: `account asset` to the amount. */
export function balancesOf({ trades, bookings }: Acknowledged): Map<string, string> {
  const balances = new Map<string, string>();
  const add = (account: string, asset: string, amount: string) => {
    const key = `${account} ${asset}`;
    balances.set(key, decimal.plus(balances.get(key) ?? '0', amount));
  };
  for (const { from, to, asset, amount } of bookings.values()) {
    add(to, asset, amount);
    if (from !== undefined) add(from, asset, decimal.negate(amount));
  }
  for (const { seller, buyer, price, quantity } of trades.values()) {
    const value = decimal.times(price, quantity);
    add(seller, 'BTC', decimal.negate(quantity));
    add(seller, 'USD', value);
    add(buyer, 'BTC', quantity);
    add(buyer, 'USD', decimal.negate(value));
  }
  return balances;
}
