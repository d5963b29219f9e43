import { type AdapterContext, type KeyOf, script } from '@tse/core';

/** One value as it was at a version; `null` where it is gone. */
export interface Copy<Value> {
  /** Of the key. */
  readonly id: string;
  readonly field: string;
  readonly version: number;
  readonly value: Value | null;
}

const LIFE_MS = 60_000;
const PAUSE_MS = 10;
const RETRY_MS = 500;
/** Keys. */
const MOST_PENDING = 10_000;
const COMPLETE = '';

const keepCopies = script('risk.copies.keep', 'write', new URL('../../lua/keep-copies.lua', import.meta.url));

type Copies<Value> = Map<string, Map<string, Copy<Value>>>;

/**
 * The copies of one kind in Redis, many fields a key. Writers hand in what their statement answered and do not wait: copies of a moment
 * go out together, a later version in the place of an earlier one. What Redis did not take is tried again; reads of this process see
 * what is on its way. A copy lives a minute from its fill on, so that what was lost heals.
 */
export class CopyStore<Value> {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;
  #pending: Copies<Value> = new Map();
  #sending: Copies<Value> = new Map();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key;
  }

  refresh(copies: readonly Copy<Value>[]): void {
    if (copies.length === 0) return;
    keepLatest(this.#pending, copies);
    this.#flushIn(PAUSE_MS);
  }

  /** All values of a key, or `undefined` where Redis has no complete copy, or cannot be asked. */
  async find(id: string): Promise<Value[] | undefined> {
    // Taken before Redis is asked: what reaches it meanwhile is in its answer or in here.
    const own = [this.#sending, this.#pending].flatMap((copies) => [...(copies.get(id)?.values() ?? [])]);
    const fields = await this.#context.redis
      .read('risk.copies.find', (client) => client.hgetall(this.#key(id)))
      .catch(() => undefined);
    if (fields?.[COMPLETE] === undefined) return undefined;
    const found: Copies<Value> = new Map();
    for (const [field, text] of Object.entries(fields))
      if (field !== COMPLETE) keepLatest(found, [decode<Value>(id, field, text)]);
    keepLatest(found, own);
    return [...(found.get(id)?.values() ?? [])].flatMap(({ value }) => (value === null ? [] : [value]));
  }

  /** Makes the copy of a key complete with all of its values, as read. Never throws. */
  async fill(id: string, copies: readonly Copy<Value>[]): Promise<void> {
    const fields = new Map(copies.map((copy) => [copy.field, copy]));
    await this.#store(new Map([[id, fields]]), true).catch((err: unknown) => this.#failed(err));
  }

  /** Sends what still waits. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#pending.size > 0) await this.#flush();
    clearTimeout(this.#timer);
  }

  #flushIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#flush().catch((err: unknown) => this.#failed(err));
    }, ms).unref();
  }

  async #flush(): Promise<void> {
    const copies = (this.#sending = this.#pending);
    this.#pending = new Map();
    try {
      await this.#store(copies, false);
      this.#timer = undefined;
    } catch (error) {
      this.#timer = undefined;
      // Beyond the bound the copies age out by themselves.
      if (copies.size <= MOST_PENDING) for (const fields of copies.values()) keepLatest(this.#pending, fields.values());
      this.#flushIn(RETRY_MS);
      throw error;
    } finally {
      this.#sending = new Map();
    }
    if (this.#pending.size > 0) this.#flushIn(PAUSE_MS);
  }

  async #store(copies: Copies<Value>, complete: boolean): Promise<void> {
    const groups = this.#context.config.redis.cluster ? [...copies].map((one) => [one]) : [[...copies]];
    await Promise.all(
      groups.map((group) => {
        const args: (string | number)[] = [LIFE_MS, complete ? 1 : 0];
        for (const [, fields] of group) {
          args.push(fields.size);
          for (const { field, version, value } of fields.values()) args.push(field, version, JSON.stringify(value));
        }
        return this.#context.redis.script(
          keepCopies,
          group.map(([id]) => this.#key(id)),
          args,
        );
      }),
    );
  }

  #failed(err: unknown): void {
    this.#context.telemetry.log.debug({ err }, 'copies not refreshed');
  }
}

function keepLatest<Value>(copies: Copies<Value>, more: Iterable<Copy<Value>>): void {
  for (const copy of more) {
    let fields = copies.get(copy.id);
    if (!fields) copies.set(copy.id, (fields = new Map()));
    const known = fields.get(copy.field);
    if (!known || known.version < copy.version) fields.set(copy.field, copy);
  }
}

function decode<Value>(id: string, field: string, text: string): Copy<Value> {
  const space = text.indexOf(' ');
  return {
    id,
    field,
    version: Number(text.slice(0, space)),
    value: JSON.parse(text.slice(space + 1)) as Value | null,
  };
}
