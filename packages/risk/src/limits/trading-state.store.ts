import type { CopyStore, Projection } from '@tse/core';
import type { TradingStateOf } from './limits.ts';

/** Copies of the switches, for whoever looks before they ask for a check. The check itself reads the truth. */
export class TradingStateStore {
  readonly #copies: CopyStore<TradingStateOf>;

  constructor(copies: CopyStore<TradingStateOf>) {
    this.#copies = copies;
  }

  refresh(key: string, state: TradingStateOf): void {
    this.#copies.refresh([copyOf(key, state)]);
  }

  async find(key: string): Promise<TradingStateOf | undefined> {
    return (await this.#copies.find(key))?.[0];
  }

  fill(key: string, state: TradingStateOf): Promise<void> {
    return this.#copies.fill(key, [copyOf(key, state)]);
  }

  projection(load: (key: string) => Promise<TradingStateOf>): Projection {
    return this.#copies.projection('trading-states', async (key) => [copyOf(key, await load(key))]);
  }
}

const copyOf = (id: string, value: TradingStateOf) => ({ id, field: 'state', version: value.epoch, value });
