import { type AdapterContext, type FeedCause, causeOf } from '@tse/core';
import type { PriceUpdate, Tick } from './prices.ts';

const EVERY_MS = 20;
/** About as many entries the feed keeps: a reader that is further behind gets the latest prices only. */
const KEPT = 10_000;

/** Publishes the last price of each symbol: what a newer tick replaced before its turn is never told. Nothing waits for it. */
export class PriceFeed {
  readonly #context: AdapterContext;
  readonly #waiting = new Map<string, Tick>();
  readonly #causes = new Map<string, FeedCause>();
  #publishing: Promise<void> | undefined;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  /** What the prices of a symbol that are told next follow from. */
  because(symbol: string, cause: FeedCause): void {
    if (cause.causationId === undefined) this.#causes.delete(symbol);
    else this.#causes.set(symbol, causeOf(cause));
  }

  tell(tick: Tick): void {
    const waits = this.#waiting.get(tick.symbol);
    if (waits === undefined || waits.eventAt <= tick.eventAt) this.#waiting.set(tick.symbol, tick);
    this.#publishing ??= this.#publishSoon();
  }

  /** What waits is out, or given up. */
  async flush(): Promise<void> {
    await this.#publishing;
  }

  async #publishSoon(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    const ticks = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#publishing = undefined;
    const key = this.#context.coreKeys.priceFeed('all');
    try {
      await this.#context.redis.write('market-data.prices.publish', async (client) => {
        const pipeline = client.pipeline();
        for (const tick of ticks) pipeline.xadd(key, 'MAXLEN', '~', KEPT, '*', ...this.#fieldsOf(tick));
        await pipeline.exec();
      });
    } catch (err) {
      this.#context.telemetry.log.debug({ err }, 'prices not published: newer ones follow');
    }
  }

  #fieldsOf(tick: Tick): string[] {
    const cause = this.#causes.get(tick.symbol);
    const fields = ['at', tick.eventAt, 'payload', JSON.stringify(toUpdate(tick))];
    return cause === undefined ? fields : [...fields, 'cause', JSON.stringify(cause)];
  }
}

/** What the feed tells of a tick. */
export const toUpdate = ({ price, ...tick }: Tick): PriceUpdate => ({ ...tick, last: price });
