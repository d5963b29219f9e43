import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Epoch,
  InvalidInputError,
  type KeyOf,
  isAdapterError,
  operation,
  refusal,
  script,
} from '@tse/core';
import { compareAmounts } from '../bulk/amount-text.ts';
import { instantOf, microsOf } from '../bulk/event-time.ts';
import type { InstrumentRepository } from '../instruments/instruments.repository.ts';
import { checksumOf, sorted, ticksOf } from './book-levels.ts';
import type { BookRecord, OrderBookRepository } from './order-books.repository.ts';
import {
  type BookLevel,
  type DeltaOutcome,
  type GetBookDepth,
  type OrderBook,
  type OrderBookRefusal,
  type OrderBooks,
  type RecordDeltas,
  type RecordSnapshot,
  type ReplayBook,
  bookDepth,
  recordDeltas,
  recordSnapshot,
  replayBook,
} from './order-books.ts';

const lua = (name: string) => new URL(`../../lua/${name}.lua`, import.meta.url);
const putBook = script('market-data.order-books.put', 'write', lua('put-book'));
const applyDeltas = script('market-data.order-books.apply', 'write', lua('apply-deltas'));
const readLevels = script('market-data.order-books.read', 'read', lua('read-levels'));

const operations = {
  recordSnapshot: operation('market-data.orderBooks.recordSnapshot', recordSnapshot, ({ symbol }) => symbol),
  recordDeltas: operation('market-data.orderBooks.recordDeltas', recordDeltas, ({ symbol }) => symbol),
  depth: operation('market-data.orderBooks.depth', bookDepth),
  replay: operation('market-data.orderBooks.replay', replayBook),
};

const outcomes: Record<string, DeltaOutcome> = { '1': 'applied', '0': 'stale', '-1': 'gap' };

export class OrderBookStore implements OrderBooks {
  readonly #context: AdapterContext;
  readonly #epoch: Epoch;
  readonly #key: KeyOf;
  readonly #instruments: InstrumentRepository;
  readonly #archived: OrderBookRepository;
  readonly #onRecorded: (symbol: string) => void;

  constructor(
    context: AdapterContext,
    parts: {
      epoch: Epoch;
      key: KeyOf;
      instruments: InstrumentRepository;
      archived: OrderBookRepository;
      onRecorded: (symbol: string) => void;
    },
  ) {
    this.#context = context;
    this.#epoch = parts.epoch;
    this.#key = parts.key;
    this.#instruments = parts.instruments;
    this.#archived = parts.archived;
    this.#onRecorded = parts.onRecorded;
  }

  recordSnapshot(input: RecordSnapshot, options?: CallOptions): Promise<'applied' | 'stale'> {
    return this.#context.run(operations.recordSnapshot, input, options, async (given) => {
      const { symbol, sequence, eventAt, checksum } = given;
      const { priceScale } = await this.#instruments.scalesOf(symbol);
      const book = sorted(given);
      const [bid, ask] = [book.bids[0], book.asks[0]];
      if (bid && ask && compareAmounts(bid.price, ask.price) >= 0)
        throw refused('crossed-book', 'bids', 'the best bid is not below the best ask');
      if (checksum !== undefined && checksum !== checksumOf(book))
        throw refused('wrong-checksum', 'checksum', `that of these levels is ${checksumOf(book)}`);
      const record: BookRecord = { kind: 'snapshot', sequence, eventAt, ...book };
      const args: (string | number)[] = [sequence, microsOf(eventAt)!, JSON.stringify(record)];
      for (const { price, quantity } of book.bids)
        args.push('b', ticks(symbol, price, priceScale, 'bids'), price, quantity);
      for (const { price, quantity } of book.asks)
        args.push('a', ticks(symbol, price, priceScale, 'asks'), price, quantity);
      const applied = Number(await this.#context.redis.script(putBook, this.#keys(symbol, true), args)) === 1;
      if (applied) this.#onRecorded(symbol);
      return applied ? 'applied' : 'stale';
    });
  }

  recordDeltas(input: RecordDeltas, options?: CallOptions): Promise<DeltaOutcome[]> {
    return this.#context.run(operations.recordDeltas, input, options, async ({ symbol, deltas }) => {
      const { priceScale } = await this.#instruments.scalesOf(symbol);
      const args: (string | number)[] = [];
      for (const [d, { sequence, eventAt, changes, follows = sequence - 1 }] of deltas.entries()) {
        const record: BookRecord = { kind: 'delta', sequence, follows, eventAt, changes };
        args.push(sequence, follows, microsOf(eventAt)!, JSON.stringify(record), changes.length);
        for (const [c, { side, price, quantity }] of changes.entries())
          args.push(side[0]!, ticks(symbol, price, priceScale, `deltas.${d}.changes.${c}.price`), price, quantity);
      }
      const answers = await this.#context.redis.script<(string | number)[]>(
        applyDeltas,
        this.#keys(symbol, true),
        args,
      );
      const told = answers.map((answer) => outcomes[String(answer)]!);
      if (told.includes('applied')) this.#onRecorded(symbol);
      return told;
    });
  }

  depth(input: GetBookDepth, options?: CallOptions): Promise<OrderBook> {
    return this.#context.run(operations.depth, input, options, async ({ symbol, levels }) => {
      const live = await this.#live(symbol, levels);
      if (live) return live;
      // Redis has no book: what was archived is behind what the venue tells, and says so.
      const archived = await this.#archived.replay(symbol, Number.MAX_SAFE_INTEGER);
      if (!archived) throw refusal<OrderBookRefusal>('unknown-book', { symbol });
      const best = { bids: archived.bids.slice(0, levels), asks: archived.asks.slice(0, levels) };
      return { ...archived, ...best, stale: true };
    });
  }

  replay(input: ReplayBook, options?: CallOptions): Promise<OrderBook> {
    return this.#context.run(operations.replay, input, options, ({ symbol, sequence }) =>
      this.#archived.replayWhole(symbol, sequence),
    );
  }

  async #live(symbol: string, levels: number): Promise<OrderBook | undefined> {
    try {
      await this.#epoch.ensure();
      // As many as the checksum takes, however few are asked for.
      const answer = await this.#context.redis.script<[string, string, string, string[], string[]] | []>(
        readLevels,
        this.#keys(symbol, false),
        [Math.max(levels, 25)],
      );
      if (answer.length === 0) return undefined;
      const [sequence, micros, stale, bids, asks] = answer;
      const book = { bids: toLevels(bids), asks: toLevels(asks) };
      return {
        symbol,
        sequence: Number(sequence),
        eventAt: instantOf(Number(micros)),
        bids: book.bids.slice(0, levels),
        asks: book.asks.slice(0, levels),
        stale: stale === '1',
        checksum: checksumOf(book),
      };
    } catch (error) {
      if (isAdapterError(error) && error.kind === 'unavailable') return undefined;
      throw error;
    }
  }

  #keys(symbol: string, log: boolean): string[] {
    const key = this.#key;
    const keys = [key(symbol), key(symbol, 'bids'), key(symbol, 'asks'), key(symbol, 'quantities')];
    return log ? [...keys, key(symbol, 'log')] : keys;
  }
}

const toLevels = (flat: readonly string[]): BookLevel[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => ({
    price: flat[2 * i] as Decimal,
    quantity: flat[2 * i + 1] as Decimal,
  }));

const refused = (code: OrderBookRefusal, path: string, message: string) =>
  new InvalidInputError([{ path, message }], code);

function ticks(symbol: string, price: string, scale: number, path: string): number {
  const found = ticksOf(price, scale);
  if (found === undefined) throw refused('too-many-digits', path, `${price} is no price of ${symbol}`);
  return found;
}
