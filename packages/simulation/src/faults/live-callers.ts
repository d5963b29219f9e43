import { isAdapterError } from '@tse/core';
import { ACCOUNTS, SYMBOL } from './bank.ts';
import type { Teller } from './until-known.ts';

const PAUSE_MS = 5;

/** One caller for each adapter of what Redis answers first; each gets an answer or a typed error that names an outage, whatever happens. */
export class LiveCallers {
  readonly errors: unknown[] = [];
  readonly #tellers: readonly Teller[];

  constructor(tellers: readonly Teller[]) {
    this.#tellers = tellers;
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#tellers.map((teller) => this.#call(teller, signal)));
  }

  async #call({ exchange, sessions }: Teller, signal: AbortSignal): Promise<void> {
    const calls = [
      async (accountId: string) => {
        const session = await exchange.sessions.start({ accountId, ttlSeconds: 60 });
        sessions.beat();
        // Redis may have lost it: nothing found is an answer.
        await exchange.sessions.touch(session);
      },
      (accountId: string) => exchange.balances.list({ accountId }),
      () => exchange.orderBooks.depth({ symbol: SYMBOL }),
    ];
    for (let n = 0; !signal.aborted; n += 1) {
      try {
        await calls[n % calls.length]!(ACCOUNTS[n % ACCOUNTS.length]!);
      } catch (error) {
        this.errors.push(error);
        if (!isAdapterError(error) || (error.kind !== 'unavailable' && error.kind !== 'outcome-unknown')) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
