import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Projection,
  isAdapterError,
  operation,
  refusal,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';
import type { BookChangeRepository, MarketHead } from './book-changes.repository.ts';
import { type BookOrder, countDifferences, foldBook, hashBook, levelsOf } from './book-fold.ts';
import type { BookProjectionStore } from './book-projection.store.ts';
import {
  type BookDepth,
  type BookDrift,
  type BookSnapshot,
  type GetDepth,
  type OrderBooks,
  type ReplayBook,
  getDepth,
  replayBook,
} from './order-books.ts';

const CHANGES_A_READ = 1000;
const WATCH_MS = 100;
/** A book that Redis lost without anybody asking for it is missed no longer than this. */
const RECHECK_MS = 5000;

const bySymbol = z.strictObject({ symbol: symbolInput });
const operations = {
  depth: operation('exchange.orderBooks.depth', getDepth),
  rebuild: operation('exchange.orderBooks.rebuild', bySymbol, (input) => input.symbol),
  verify: operation('exchange.orderBooks.verify', bySymbol),
  snapshot: operation('exchange.orderBooks.snapshot', bySymbol, (input) => input.symbol),
  replay: operation('exchange.orderBooks.replay', replayBook),
};

export class OrderBookStore implements OrderBooks {
  readonly #context: AdapterContext;
  readonly #changes: BookChangeRepository;
  readonly #books: BookProjectionStore;
  readonly #heads = new Map<string, MarketHead>();
  /** How far each book has been brought by this process. */
  readonly #reached = new Map<string, number>();
  readonly #syncing = new Map<string, Promise<MarketHead>>();
  #recheckedAt = performance.now();
  readonly #fallbacks: () => void;

  constructor(context: AdapterContext, changes: BookChangeRepository, books: BookProjectionStore) {
    this.#context = context;
    this.#changes = changes;
    this.#books = books;
    this.#fallbacks = context.telemetry.counter(
      'exchange_book_fallbacks_total',
      'Depths read from the tables because Redis could not',
    );
  }

  depth(input: GetDepth, options?: CallOptions): Promise<BookDepth> {
    return this.#context.run(operations.depth, input, options, async ({ symbol, levels }, { fresh }) => {
      try {
        if (fresh) await this.#syncAnew(symbol);
        const head = this.#heads.get(symbol) ?? (await this.#changes.head(symbol));
        this.#heads.set(symbol, head);
        const found = await this.#books.depth(symbol, head, levels);
        if (found) return found;
        return (
          (await this.#books.depth(symbol, await this.sync(symbol), levels)) ??
          (await this.#depthOfTables(symbol, levels))
        );
      } catch (error) {
        if (!isAdapterError(error) || error.kind !== 'unavailable' || !error.code.startsWith('redis-')) throw error;
        this.#fallbacks();
        return this.#depthOfTables(symbol, levels);
      }
    });
  }

  async *watch(input: GetDepth, options?: CallOptions): AsyncIterable<BookDepth> {
    const signal = options?.signal;
    for (let seen = -1; !signal?.aborted;) {
      const depth = await this.depth(input, options).catch((error: unknown) => {
        if (!signal?.aborted) throw error;
      });
      if (!depth) return;
      if (depth.sequence !== seen) yield depth;
      seen = depth.sequence;
      await sleep(WATCH_MS, undefined, { ref: false, ...(signal && { signal }) }).catch(() => {});
    }
  }

  rebuild(symbol: string, options?: CallOptions): Promise<BookDepth> {
    return this.#context.run(operations.rebuild, { symbol }, options, async (input) => {
      await this.#rebuild(input.symbol, true);
      return this.depth(input, options);
    });
  }

  verify(symbol: string, options?: CallOptions): Promise<BookDrift> {
    return this.#context.run(operations.verify, { symbol }, options, async (input) => {
      const head = await this.sync(input.symbol);
      const live = await this.#books.read(input.symbol, head);
      const tables = await this.#changes.book(input.symbol);
      // The tables may have gone on since: what came after is folded into what Redis had.
      const after = live
        ? await this.#changes.changes(input.symbol, live.sequence, tables.sequence, Number.MAX_SAFE_INTEGER)
        : [];
      const differences = live
        ? live.wrongLevels +
          countDifferences(foldBook(live.orders, after), tables.orders) +
          (live.sequence + after.length === tables.sequence ? 0 : 1)
        : tables.orders.length + 1;
      return { symbol: input.symbol, sequence: tables.sequence, compared: tables.orders.length, differences };
    });
  }

  /** For the drift verifier. Both sides are compared at one change, so what differs is of the same version. */
  readonly projection: Projection = {
    name: 'order-books',
    ids: () => this.#changes.symbols(),
    differences: async (symbol) => ((await this.verify(symbol)).differences > 0 ? [{ kind: 'different' }] : []),
    repair: async (symbol) => void (await this.#rebuild(symbol, true)),
  };

  snapshot(symbol: string, options?: CallOptions): Promise<BookSnapshot & { takenAt: Instant }> {
    return this.#context.run(operations.snapshot, { symbol }, options, async (input) => {
      const { sequence, orders } = await this.#changes.book(input.symbol);
      const snapshot = { symbol: input.symbol, sequence, orders, sha256: hashBook(orders) };
      return { ...snapshot, takenAt: await this.#changes.keepSnapshot(snapshot) };
    });
  }

  replay(input: ReplayBook, options?: CallOptions): Promise<BookSnapshot> {
    return this.#context.run(operations.replay, input, options, async ({ symbol, sequence }) => {
      const head = await this.#changes.head(symbol);
      if (sequence > head.sequence) throw refusal('sequence-ahead', { symbol, sequence: head.sequence });
      const start = await this.#changes.lastSnapshot(symbol, sequence);
      const changes = await this.#changes.changes(symbol, start.sequence, sequence, Number.MAX_SAFE_INTEGER);
      if (start.sequence + changes.length !== sequence) throw refusal('history-retired', { symbol, sequence });
      const orders = foldBook(start.orders, changes);
      return { symbol, sequence, orders, sha256: hashBook(orders) };
    });
  }

  /** Brings a book up to the tables; callers at the same time share one way there. */
  sync(symbol: string): Promise<MarketHead> {
    let syncing = this.#syncing.get(symbol);
    if (!syncing) {
      syncing = this.#sync(symbol).finally(() => this.#syncing.delete(symbol));
      this.#syncing.set(symbol, syncing);
    }
    return syncing;
  }

  /** As `sync`; but one that is on its way may have left before what the caller knows of. */
  async #syncAnew(symbol: string): Promise<void> {
    await this.#syncing.get(symbol)?.catch(() => {});
    await this.sync(symbol);
  }

  /**
   * Brings up every book that the tables are ahead of: what is new in all markets is read in one statement. Where this process does not
   * know how far a book is, or what it folds does not fit, that book goes its own way.
   */
  async syncAll(): Promise<void> {
    if (performance.now() - this.#recheckedAt > RECHECK_MS) {
      this.#recheckedAt = performance.now();
      this.#reached.clear();
    }
    const behind = await this.#changes.behind(this.#reached, CHANGES_A_READ);
    await Promise.all(
      behind.map(async ({ symbol, head, changes }) => {
        this.#heads.set(symbol, head);
        const first = changes[0]?.sequence;
        const applied =
          first !== undefined && first - 1 === this.#reached.get(symbol)
            ? await this.#books.apply(symbol, head, changes)
            : undefined;
        if (applied?.complete) this.#reached.set(symbol, applied.sequence);
        else await this.sync(symbol);
      }),
    );
  }

  async #sync(symbol: string): Promise<MarketHead> {
    const head = await this.#changes.head(symbol);
    this.#heads.set(symbol, head);
    let at = await this.#books.sequence(symbol, head.epoch);
    while (at !== undefined && at < head.sequence) {
      const changes = await this.#changes.changes(symbol, at, head.sequence, CHANGES_A_READ);
      // What is not there any more, or a hole, is no ground to fold on.
      if (changes[0]?.sequence !== at + 1) at = undefined;
      else {
        const applied = await this.#books.apply(symbol, head, changes);
        at = applied.sequence < 0 || !applied.complete ? undefined : applied.sequence;
      }
    }
    if (at === undefined) return this.#rebuild(symbol, false);
    this.#reached.set(symbol, at);
    return head;
  }

  async #rebuild(symbol: string, force: boolean): Promise<MarketHead> {
    const book = await this.#changes.book(symbol);
    this.#heads.set(symbol, book);
    await this.#books.replace(symbol, book, book.sequence, book.orders, force);
    this.#reached.set(symbol, book.sequence);
    return book;
  }

  async #depthOfTables(symbol: string, levels: number): Promise<BookDepth> {
    const { sequence, orders } = await this.#changes.book(symbol);
    const side = (wanted: BookOrder['side']) =>
      levelsOf(orders.filter((order) => order.side === wanted)).slice(0, levels);
    return { symbol, sequence, bids: side('buy'), asks: side('sell') };
  }
}
