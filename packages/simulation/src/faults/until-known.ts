import { setTimeout as sleep } from 'node:timers/promises';
import { isAdapterError } from '@tse/core';
import type { ExchangeAdapter } from '@tse/exchange';
import { Pulse } from './pulse.ts';

/** One of the adapters that callers go through, and the heartbeat of what they get done there. */
export interface Teller {
  readonly exchange: ExchangeAdapter;
  /** Beats with each acknowledged write. */
  readonly writes: Pulse;
  /** Beats with each session that Redis took. */
  readonly sessions: Pulse;
}

export const tellerAt = (exchange: ExchangeAdapter): Teller => ({
  exchange,
  writes: new Pulse(),
  sessions: new Pulse(),
});

export interface Tally {
  operations: number;
  acknowledged: number;
  /** By code. */
  refused: Record<string, number>;
  /** Operations whose outcome was unknown at first, by what it turned out to be. */
  unknownThenDone: number;
  unknownThenRefused: number;
  /** Answers that said that nothing had happened. */
  unavailable: number;
}

/** Repeats operations, with their ids, until what became of them is known. */
export class UntilKnown {
  readonly tally: Tally = {
    operations: 0,
    acknowledged: 0,
    refused: {},
    unknownThenDone: 0,
    unknownThenRefused: 0,
    unavailable: 0,
  };
  /** Every error that a caller saw. */
  readonly errors: unknown[] = [];
  /** Errors that named another id to repeat with than that of their operation. */
  readonly misnamed: string[] = [];
  readonly #tellers: readonly Teller[];

  constructor(tellers: readonly Teller[]) {
    this.#tellers = tellers;
  }

  /** Answers nothing where it was refused. Each try goes through the next adapter: another process must know the id as well. */
  async do<T>(id: string, first: number, operation: (exchange: ExchangeAdapter) => Promise<T>): Promise<T | undefined> {
    this.tally.operations += 1;
    let unknown = false;
    for (let attempt = first; ; attempt += 1) {
      const { exchange, writes } = this.#tellers[attempt % this.#tellers.length]!;
      try {
        const result = await operation(exchange);
        writes.beat();
        this.tally.acknowledged += 1;
        if (unknown) this.tally.unknownThenDone += 1;
        return result;
      } catch (error) {
        this.errors.push(error);
        if (!isAdapterError(error)) throw error;
        if (error.kind === 'outcome-unknown') {
          unknown = true;
          if (error.repeatWith.id !== id) this.misnamed.push(`${id} was to be repeated with ${error.repeatWith.id}`);
        } else if (error.kind === 'unavailable') this.tally.unavailable += 1;
        else if (error.kind === 'conflict' || error.kind === 'not-found') {
          this.tally.refused[error.code] = (this.tally.refused[error.code] ?? 0) + 1;
          if (unknown) this.tally.unknownThenRefused += 1;
          return undefined;
        } else throw error;
        await sleep(5 + Math.random() * 20);
      }
    }
  }
}
