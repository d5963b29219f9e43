import {
  type AdapterContext,
  type CallOptions,
  type Epoch,
  InvalidInputError,
  type KeyOf,
  type Listing,
  decimal,
  instant,
  isAdapterError,
  operation,
  refusal,
  script,
} from '@tse/core';
import { latestTaken } from '../archiving/latest-taken.ts';
import { type LiveOutcome, LiveWriter } from '../archiving/live-writer.ts';
import { instantOf } from '../bulk/event-time.ts';
import type { InstrumentRepository } from '../instruments/instruments.repository.ts';
import { parseQuote, quoteText, toQuote } from './quote-text.ts';
import type { QuoteRepository } from './quotes.repository.ts';
import {
  type GetQuoteStatistics,
  type LatestQuote,
  type ListQuoteMinutes,
  type Quote,
  type QuoteMinute,
  type QuoteRefusal,
  type QuoteStatistics,
  type Quotes,
  type RecordQuotes,
  latestQuote,
  recordQuotes,
} from './quotes.ts';

const restoreLive = script(
  'market-data.quotes.restore',
  'write',
  new URL('../../lua/restore-live.lua', import.meta.url),
);

const operations = {
  record: operation('market-data.quotes.record', recordQuotes),
  find: operation('market-data.quotes.find', latestQuote),
  get: operation('market-data.quotes.get', latestQuote),
};

export class QuoteStore implements Quotes {
  readonly #context: AdapterContext;
  readonly #epoch: Epoch;
  readonly #key: KeyOf;
  readonly #instruments: InstrumentRepository;
  readonly #archived: QuoteRepository;
  readonly #writer: LiveWriter;

  constructor(
    context: AdapterContext,
    parts: {
      epoch: Epoch;
      key: KeyOf;
      instruments: InstrumentRepository;
      archived: QuoteRepository;
      onRecorded: (symbol: string) => void;
    },
  ) {
    const { epoch, key, instruments, archived, onRecorded } = parts;
    this.#context = context;
    this.#epoch = epoch;
    this.#key = key;
    this.#instruments = instruments;
    this.#archived = archived;
    this.#writer = new LiveWriter(context, {
      name: 'quotes.record',
      keysOf: (symbol) => [key(symbol), key(symbol, 'ring'), key(symbol, 'log')],
      ringLength: 0,
      onFlushed: onRecorded,
    });
  }

  record(quotes: RecordQuotes, options?: CallOptions): Promise<LiveOutcome[]> {
    return this.#context.run(operations.record, quotes, options, async (given) => {
      const latest = instantOf(latestTaken(this.#context.clock));
      const places = new Map<string, number[]>();
      for (const [i, { symbol, eventAt, bid, ask }] of given.entries()) {
        const { priceScale } = await this.#instruments.scalesOf(symbol);
        if (decimal.scale(bid) > priceScale || decimal.scale(ask) > priceScale)
          throw refused('too-many-digits', `${i}`, `a price of ${symbol} has ${priceScale} fraction digits at most`);
        if (eventAt > latest) throw refused('too-far-ahead', `${i}.eventAt`, 'more than a day after now');
        places.set(symbol, [...(places.get(symbol) ?? []), i]);
      }
      const outcomes = Array<LiveOutcome>(given.length);
      await Promise.all(
        [...places].map(async ([symbol, of]) => {
          const batch = of.map((place) => given[place]!);
          const written = await this.#writer.write({
            symbol,
            sources: batch.map(({ source }) => source),
            sequences: batch.map(({ sequence }) => sequence),
            texts: batch.map(quoteText),
          });
          for (const [i, place] of of.entries()) outcomes[place] = written[i]!;
        }),
      );
      return outcomes;
    });
  }

  find(input: LatestQuote, options?: CallOptions): Promise<Quote | undefined> {
    return this.#context.run(operations.find, input, options, ({ symbol, source }) => this.#latest(symbol, source));
  }

  get(input: LatestQuote, options?: CallOptions): Promise<Quote> {
    return this.#context.run(operations.get, input, options, async ({ symbol, source }) => {
      const quote = await this.#latest(symbol, source);
      if (!quote) throw refusal<QuoteRefusal>('unknown-quote', { symbol, source });
      return quote;
    });
  }

  statistics(input: GetQuoteStatistics, options?: CallOptions): Promise<QuoteStatistics | undefined> {
    return this.#archived.statistics(input, options);
  }

  listMinutes(input: ListQuoteMinutes, options?: CallOptions): Listing<QuoteMinute> {
    return this.#archived.listMinutes(input, options);
  }

  /** After a loss of Redis: the last of each source, as far as they were archived. */
  async restore(signal: AbortSignal): Promise<void> {
    for (const [symbol, rows] of await this.#archived.lastQuotes()) {
      signal.throwIfAborted();
      const args: (string | number)[] = [1, rows.length];
      for (const row of rows) args.push(row.source, row.seq, quoteText(toQuote(row)));
      await this.#context.redis.script(restoreLive, [this.#key(symbol), this.#key(symbol, 'ring')], args);
    }
  }

  async #latest(symbol: string, source: string): Promise<Quote | undefined> {
    const text = await this.#live(symbol, source);
    const row = text === undefined ? await this.#archived.find(symbol, source) : undefined;
    const quote = text === undefined ? row && toQuote(row) : parseQuote(symbol, text);
    return quote && { ...quote, ageMs: instant.millis(this.#context.clock.now()) - instant.millis(quote.eventAt) };
  }

  /** What Redis says, unless it is not there or not to be believed. */
  async #live(symbol: string, source: string): Promise<string | undefined> {
    try {
      await this.#epoch.ensure();
      const text = await this.#context.redis.read('market-data.quotes.find', (client) =>
        client.hget(this.#key(symbol), source),
      );
      return text ?? undefined;
    } catch (error) {
      if (isAdapterError(error) && error.kind === 'unavailable') return undefined;
      throw error;
    }
  }
}

const refused = (code: string, path: string, message: string) => new InvalidInputError([{ path, message }], code);
