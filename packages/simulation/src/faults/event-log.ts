import type { ExchangeAdapter } from '@tse/exchange';
import { exchangeEvents } from '@tse/exchange/events';

/** A consumer of everything the exchange publishes, as a service would have one. */
export class EventLog implements AsyncDisposable {
  /** The ids of the events, by their numbers from 1 on. */
  readonly ids: string[] = [];
  readonly faults: string[] = [];
  /** Handled again, as happens where the checkpoint could not be saved. */
  repeated = 0;
  readonly #consumer;

  constructor({ inbox }: ExchangeAdapter) {
    this.#consumer = inbox.consume(
      { name: 'event-log', from: exchangeEvents, start: 0 },
      async ({ id, publishSeq }) => {
        const known = this.ids[publishSeq - 1];
        if (known !== undefined) {
          this.repeated += 1;
          if (known !== id) this.faults.push(`event ${publishSeq} was ${known} and is ${id}`);
        } else if (publishSeq === this.ids.length + 1) this.ids.push(id);
        else this.faults.push(`event ${publishSeq} came after ${this.ids.length}`);
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#consumer.stop();
  }
}
