import { type AdapterContext, type Instant, type KeyOf, script } from '@tse/core';
import type { BacktestProgress } from './backtests.ts';

const LIFE_MS = 86_400_000;
const advance = script(
  'trading.backtests.advance',
  'write',
  new URL('../../lua/advance-progress.lua', import.meta.url),
);

/** How far running backtests are: for whoever watches, in Redis alone. */
export class ProgressStore {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key;
  }

  async advance(backtestId: string, { done, total, at }: BacktestProgress): Promise<void> {
    await this.#context.redis.script(advance, [this.#key(backtestId)], [done, total, at, LIFE_MS]);
  }

  async find(backtestId: string): Promise<BacktestProgress | undefined> {
    const [done, total, at] = await this.#context.redis.read('trading.backtests.findProgress', (redis) =>
      redis.hmget(this.#key(backtestId), 'done', 'total', 'at'),
    );
    return done && total && at ? { done: Number(done), total: Number(total), at: at as Instant } : undefined;
  }
}
