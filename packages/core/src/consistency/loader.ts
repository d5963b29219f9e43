import { currentCall, outsideCalls } from '../pipe/context.ts';
import { whenGathered } from './gather.ts';
import { withinDeadline } from './within-deadline.ts';

/** How one key and how many are read. */
export interface LoaderOptions<Value> {
  /** The plain read of one key: what a lone reader takes. */
  one(key: string): Promise<Value | undefined>;
  /** One statement for many keys (`id = any($1)`), its values in any order; what is missing is left out. */
  many(keys: string[]): Promise<readonly Value[]>;
  /** The key that a value belongs to. */
  keyOf(value: Value): string;
  /** Keys of one statement at most. */
  max?: number;
}

interface Waiting<Value> {
  readonly key: string;
  readonly promise: Promise<Value | undefined>;
  readonly resolve: (value: Value | undefined) => void;
  readonly reject: (error: unknown) => void;
  callers: number;
}

/**
 * Makes the point reads of one turn of the event loop one statement. A key that is asked for twice in the turn is read once.
 * A read never joins a statement that has already left: it would miss a write that was acknowledged meanwhile.
 * Callers of one key share the value: do not change it.
 */
export class Loader<Value> {
  readonly #options: LoaderOptions<Value>;
  readonly #max: number;
  #waiting = new Map<string, Waiting<Value>>();
  #fresh = false;
  #crowded = false;

  constructor(options: LoaderOptions<Value>) {
    this.#options = options;
    this.#max = options.max ?? 500;
  }

  /** The value of a key, read together with the others that are asked for in the same tick; nothing where it does not exist. */
  load(key: string): Promise<Value | undefined> {
    if (currentCall()?.fresh) this.#fresh = true;
    let waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      if (this.#waiting.size === 0) whenGathered(this.#crowded, this.#flush);
      const { promise, resolve, reject } = Promise.withResolvers<Value | undefined>();
      this.#waiting.set(key, (waiting = { key, promise, resolve, reject, callers: 0 }));
    }
    waiting.callers += 1;
    return withinDeadline(waiting.promise);
  }

  /** Runs in the asynchronous context of the first caller, so a lone read keeps its deadline and its span. */
  readonly #flush = (): void => {
    const batch = this.#waiting;
    const fresh = this.#fresh;
    this.#waiting = new Map();
    this.#fresh = false;
    this.#crowded = batch.size > 1;
    const [first] = batch.values();
    if (batch.size === 1 && first!.callers === 1) {
      this.#options.one(first!.key).then(first!.resolve, first!.reject);
      return;
    }
    outsideCalls(() => {
      const all = [...batch];
      for (let i = 0; i < all.length; i += this.#max)
        void this.#read(all.length <= this.#max ? batch : new Map(all.slice(i, i + this.#max)));
    }, fresh);
  };

  async #read(batch: Map<string, Waiting<Value>>): Promise<void> {
    try {
      for (const value of await this.#options.many([...batch.keys()])) {
        batch.get(this.#options.keyOf(value))?.resolve(value);
      }
      for (const missing of batch.values()) missing.resolve(undefined);
    } catch (error) {
      for (const waiting of batch.values()) waiting.reject(error);
    }
  }
}
