import type { AdapterContext } from '../consistency/adapter-context.ts';
import { ConflictError } from '../pipe/errors.ts';
import type { Queries } from '../postgres/postgres.ts';
import { checkpoints } from './checkpoints.ts';

/** How far one consumer is with one source: in this process, in PostgreSQL, and as told to the source. */
export class Progress {
  readonly reader: { readonly consumer: string; readonly source: string };
  /** The last number that is done with. */
  position = 0;
  readonly #context: AdapterContext;
  #saved = 0;
  #savedAt = 0;
  #told: number | undefined;
  #toldAt = 0;

  constructor(context: AdapterContext, reader: { consumer: string; source: string }) {
    this.#context = context;
    this.reader = reader;
  }

  /** Goes back to what PostgreSQL says; a consumer that it does not know yet begins after `start`. */
  async load(start: () => Promise<number>): Promise<void> {
    const { pg } = this.#context;
    let found = await checkpoints.find(pg, this.reader);
    if (found === undefined) {
      await checkpoints.begin(pg, this.reader, await start());
      found = await checkpoints.find(pg, this.reader);
    }
    this.moved(found ?? 0);
  }

  /** In PostgreSQL, as a part of a transaction: `moved` says that it was committed. */
  async move(tx: Queries, to: number): Promise<void> {
    if (await checkpoints.move(tx, this.reader, this.#saved, to)) return;
    const { consumer, source } = this.reader;
    throw new ConflictError('checkpoint-moved', `another process has moved the checkpoint of ${consumer}`, {
      consumer,
      source,
    });
  }

  get unsaved(): boolean {
    return this.position !== this.#saved;
  }

  moved(to: number): void {
    this.position = to;
    this.#saved = to;
    this.#savedAt = performance.now();
  }

  /** Saves what is done, where that is older than `olderThanMs`, and tells the source's relay of it. */
  async save(olderThanMs = 0): Promise<void> {
    if (this.unsaved && performance.now() - this.#savedAt >= olderThanMs) {
      await this.move(this.#context.pg, this.position);
      this.moved(this.position);
    }
    // Again now and then: an emptied Redis would keep the source's relay from trimming its stream.
    const now = performance.now();
    if (now - this.#toldAt < (this.#told === this.#saved ? 10_000 : 500)) return;
    this.#toldAt = now;
    this.#told = this.#saved;
    const { consumer, source } = this.reader;
    const key = this.#context.coreKeys.checkpoints('all');
    await this.#context.redis
      .write('inbox.tell', (c) => c.hset(key, `${consumer}/${source}`, this.#saved))
      .catch(() => {});
  }
}
