import { randomUUID } from 'node:crypto';
import { type AdapterContext, type Decimal, type KeyOf, UnavailableError, script } from '@tse/core';
import type { BookChange, BookOrder } from './book-fold.ts';
import { stepsOf } from './book-steps.ts';
import type { BookDepth, BookLevel } from './order-books.ts';

const lua = (name: string) => new URL(`../../lua/${name}.lua`, import.meta.url);
const scripts = {
  apply: script('exchange.orderBooks.apply', 'write', lua('apply-book-changes')),
  depth: script('exchange.orderBooks.depth', 'read', lua('read-book-depth')),
  read: script('exchange.orderBooks.read', 'read', lua('read-book')),
  swap: script('exchange.orderBooks.swap', 'write', lua('swap-book')),
};

const PARTS = ['head', 'bids', 'asks', 'orders', 'levels'] as const;
const ORDERS_A_CALL = 500;
/** A rebuild that died leaves its keys behind no longer than this. */
const BUILDING_MS = 60_000;

/** In what a book counts: prices in ticks, quantities in lots. */
export interface BookTerms {
  epoch: string;
  tickSize: Decimal;
  lotSize: Decimal;
}

/** A projection as it stands in Redis, with the differences between its level totals and its orders. */
export interface ProjectedBook {
  sequence: number;
  orders: BookOrder[];
  wrongLevels: number;
}

/** One book in Redis: a sorted set a side, the orders, the totals of the levels, and how far it has come. */
export class BookProjectionStore {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key;
  }

  /** Folds changes in. `sequence` is -1 where there is no book of this epoch; not `complete` means that changes are missing before the rest. */
  async apply(
    symbol: string,
    terms: BookTerms,
    changes: readonly BookChange[],
  ): Promise<{ sequence: number; complete: boolean }> {
    const args: string[] = [terms.epoch];
    for (const change of changes) args.push(String(change.sequence), ...toArgs(change, terms));
    const [sequence, complete] = await this.#context.redis.script<[string | number, string | number]>(
      scripts.apply,
      this.#keys(symbol),
      args,
    );
    return { sequence: Number(sequence), complete: Number(complete) === 1 };
  }

  async depth(symbol: string, terms: BookTerms, levels: number): Promise<BookDepth | undefined> {
    const [head, bids, asks, , totals] = this.#keys(symbol) as [string, string, string, string, string];
    const found = await this.#context.redis.script<[string, string[], string[]] | null>(
      scripts.depth,
      [head, bids, asks, totals],
      [terms.epoch, levels],
    );
    return found
      ? { symbol, sequence: Number(found[0]), bids: toLevels(found[1], terms), asks: toLevels(found[2], terms) }
      : undefined;
  }

  async read(symbol: string, terms: BookTerms): Promise<ProjectedBook | undefined> {
    const [head, , , orders, levels] = this.#keys(symbol) as [string, string, string, string, string];
    const found = await this.#context.redis.script<[string, string[], string[]] | null>(
      scripts.read,
      [head, orders, levels],
      [terms.epoch],
    );
    if (!found) return undefined;
    const totals = new Map<string, bigint>();
    const add = (level: string, by: bigint) => totals.set(level, (totals.get(level) ?? 0n) + by);
    const book = pairs(found[1]).map(([orderId, text]): BookOrder => {
      const [side, tick, lots, accepted] = text.split(' ') as [string, string, string, string];
      add(`${side}${tick}`, -BigInt(lots));
      add(`${side}${tick}#`, -1n);
      return {
        orderId,
        side: side === 'b' ? 'buy' : 'sell',
        price: stepsOf(terms.tickSize).value(tick),
        quantity: stepsOf(terms.lotSize).value(lots),
        acceptSequence: Number(accepted),
      };
    });
    for (const [level, total] of pairs(found[2])) add(level, BigInt(total));
    return {
      sequence: Number(found[0]),
      orders: book,
      wrongLevels: [...totals.values()].filter((total) => total !== 0n).length,
    };
  }

  /** Builds a book beside the live one and puts it in its place; `force` also over one that is as far. */
  async replace(
    symbol: string,
    terms: BookTerms,
    sequence: number,
    orders: readonly BookOrder[],
    force: boolean,
  ): Promise<void> {
    const beside = this.#keys(symbol, `building-${randomUUID()}:`);
    await this.#context.redis.write('exchange.orderBooks.build', (client) =>
      client.hset(beside[0]!, 'seq', '0', 'epoch', terms.epoch),
    );
    for (let start = 0; start < orders.length; start += ORDERS_A_CALL) {
      const changes = orders
        .slice(start, start + ORDERS_A_CALL)
        .map((order, i) => ({ ...order, sequence: start + i + 1 }));
      const args = changes.flatMap((change) => [String(change.sequence), ...toArgs(change, terms)]);
      await this.#context.redis.script(scripts.apply, beside, [terms.epoch, ...args]);
    }
    await this.#context.redis.write('exchange.orderBooks.build', (client) =>
      Promise.all(beside.map((key) => client.pexpire(key, BUILDING_MS))),
    );
    const swapped = await this.#context.redis.script<string | number>(
      scripts.swap,
      [...this.#keys(symbol), ...beside],
      [terms.epoch, String(sequence), force ? '1' : '0', String(orders.length)],
    );
    if (Number(swapped) < 0) throw new UnavailableError('redis-emptied', 'Redis lost the book while it was built', 100);
  }

  /** How far the live book has come; `undefined` where there is none of this epoch. */
  async sequence(symbol: string, epoch: string): Promise<number | undefined> {
    const [seq, of] = await this.#context.redis.read('exchange.orderBooks.head', (client) =>
      client.hmget(this.#keys(symbol)[0]!, 'seq', 'epoch'),
    );
    return of === epoch && seq ? Number(seq) : undefined;
  }

  #keys(symbol: string, beside = ''): string[] {
    return PARTS.map((part) => this.#key(symbol, `${beside}${part}`));
  }
}

/** Order id, side, tick, lots, accept sequence, as the script takes them. */
function toArgs(order: BookOrder, { tickSize, lotSize }: BookTerms): string[] {
  return [
    order.orderId,
    order.side === 'buy' ? 'b' : 'a',
    stepsOf(tickSize).count(order.price),
    stepsOf(lotSize).count(order.quantity),
    String(order.acceptSequence).padStart(16, '0'),
  ];
}

function toLevels(flat: readonly string[], { tickSize, lotSize }: BookTerms): BookLevel[] {
  const levels: BookLevel[] = [];
  for (let i = 0; i < flat.length; i += 3) {
    levels.push({
      price: stepsOf(tickSize).value(flat[i]!),
      quantity: stepsOf(lotSize).value(flat[i + 1]!),
      orders: Number(flat[i + 2]),
    });
  }
  return levels;
}

function pairs(flat: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) found.push([flat[i]!, flat[i + 1]!]);
  return found;
}
