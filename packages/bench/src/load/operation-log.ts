import { setTimeout as sleep } from 'node:timers/promises';
import { isAdapterError } from '@tse/core';
import type { Seven } from './adapters.ts';
import type { Latencies } from './latencies.ts';
import type { Market } from './market.ts';

interface Waiting {
  readonly process: string;
  readonly type: 'invoke' | 'ok' | 'info';
  readonly key: string;
  readonly at: Date;
  readonly due: number;
}

const MOST_AT_ONCE = 5000;
const PAUSE_MS = 100;
const PORT = 'test-coordinator.invariants.recordOperations';

/** The coordinator's history of what was done: what comes while a part of it is written is the next part. */
export class OperationLog {
  readonly #coordinator: Seven['adapters']['testCoordinator'];
  readonly #run: Market['run'];
  readonly #latencies: Latencies;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #after = 0;

  constructor({ testCoordinator }: Seven['adapters'], { run }: Pick<Market, 'run'>, latencies: Latencies) {
    this.#coordinator = testCoordinator;
    this.#run = run;
    this.#latencies = latencies;
  }

  note(type: Waiting['type'], key: string): void {
    this.#waiting.push({ process: 'load', type, key, at: new Date(), due: performance.now() });
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** When all that was noted is written. */
  async drain(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const part = this.#waiting.splice(0, MOST_AT_ONCE);
      const operations = part.map(({ due: _, ...operation }) => ({ ...operation, f: 'print' }));
      const write = () =>
        this.#coordinator.invariants.recordOperations({ ...this.#run, after: this.#after, operations });
      for (let isWritten = false; !isWritten;) {
        try {
          this.#after = await this.#latencies.timed(PORT, part[0]!.due, write);
          isWritten = true;
        } catch (error) {
          // Counted; the same again is seen by its number where it was written after all.
          if (!isAdapterError(error) || !['unavailable', 'outcome-unknown'].includes(error.kind)) throw error;
          await sleep(PAUSE_MS);
        }
      }
    }
  }
}
