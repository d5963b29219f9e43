import { isAdapterError } from '../pipe/errors.ts';
import type { KeyOf } from '../redis/keys.ts';
import { script } from '../redis/script.ts';
import type { AdapterContext } from './adapter-context.ts';
import { type Projection, type Versioned, differencesOfParts } from './drift.ts';
import { RecentIds } from './recent-ids.ts';

/** One value as it was at a version; `null` where it is gone. */
export interface Copy<Value> {
  /** Of the key. */
  readonly id: string;
  readonly field: string;
  readonly version: number;
  readonly value: Value | null;
}

/** How the copies of one kind are kept. */
export interface CopyFormat<Value> {
  /** The field that says that a key has all of its values: none of theirs. */
  readonly complete: string;
  /** The text of a value; of nothing, where a copy says that there is none. */
  readonly encode: (value: Value | null) => string;
  /** The value of a text, under the key and field where it stands. */
  readonly decode: (text: string, of: Omit<Copy<Value>, 'value'>) => Value | null;
}

const asJson: CopyFormat<unknown> = {
  complete: '',
  encode: (value) => JSON.stringify(value),
  decode: (text) => JSON.parse(text),
};

/** By key, then by field. */
type Copies<Value> = Map<string, Map<string, Copy<Value>>>;

const LIFE_MS = 60_000;
const PAUSE_MS = 10;
const RETRY_MS = 500;
/** Keys. */
const MOST_PENDING = 10_000;

const keepCopies = script('copies.keep', 'write', new URL('../../lua/keep-copies.lua', import.meta.url));

/**
 * The copies of one kind in Redis, many fields a key. Writers hand in what their statement answered and do not wait: copies of a moment
 * go out together, a later version in the place of an earlier one. What Redis did not take is tried again; reads of this process see
 * what is on its way. A copy lives a minute from its fill on, so that what was lost heals.
 */
export class CopyStore<Value> {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;
  readonly #format: CopyFormat<Value>;
  readonly #filled = new RecentIds(LIFE_MS);
  #pending: Copies<Value> = new Map();
  #sending: Copies<Value> = new Map();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: AdapterContext, key: KeyOf, format = asJson as CopyFormat<Value>) {
    this.#context = context;
    this.#key = key;
    this.#format = format;
  }

  /** Brings copies that are in Redis up to what was just written, soon and without waiting; the newest version of each wins. */
  refresh(copies: readonly Copy<Value>[]): void {
    if (copies.length === 0) return;
    keepLatest(this.#pending, copies);
    this.#flushIn(PAUSE_MS);
  }

  /** All values of a key in the order of their fields: from Redis where it has all of them, else from the tables, which then fill it. */
  async read(id: string, fresh: boolean, load: () => Promise<readonly Copy<Value>[]>): Promise<Value[]> {
    const found = fresh ? 'unavailable' : await this.#find(id);
    if (found !== 'unavailable' && found !== undefined) return found;
    const copies = await load();
    if (found === undefined) void this.fill(id, copies);
    return valuesOf(copies);
  }

  /** The same from Redis alone, or `undefined` where it has no complete copy, or cannot be asked. */
  async find(id: string): Promise<Value[] | undefined> {
    const found = await this.#find(id);
    return found === 'unavailable' ? undefined : found;
  }

  /** Makes the copy of a key complete with all of its values, as read. Never throws. */
  async fill(id: string, copies: readonly Copy<Value>[]): Promise<void> {
    this.#filled.add(id);
    const fields = new Map(copies.map((copy) => [copy.field, copy]));
    await this.#store(new Map([[id, fields]]), true).catch((err: unknown) => this.#failed(err));
  }

  /** For the drift verifier: what this process filled and may still be there. What drifted is dropped, and filled by the next read. */
  projection(name: string, load: (id: string) => Promise<readonly Copy<Value>[]>): Projection {
    return {
      name,
      ids: () => Promise.resolve(this.#filled.list()),
      differences: async (id) => {
        const copy = await this.#kept(id);
        return copy === undefined ? [] : differencesOfParts(partsOf(copy), partsOf(await load(id)));
      },
      repair: async (id) => {
        await this.#context.redis.write('copies.drop', (client) => client.unlink(this.#key(id)));
      },
    };
  }

  /** Sends what still waits. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#pending.size > 0) await this.#flush();
    clearTimeout(this.#timer);
  }

  async #find(id: string): Promise<Value[] | undefined | 'unavailable'> {
    // Taken before Redis is asked: what reaches it meanwhile is in its answer or in here.
    const own = [this.#sending, this.#pending].flatMap((copies) => [...(copies.get(id)?.values() ?? [])]);
    let kept: Copy<Value>[] | undefined;
    try {
      kept = await this.#kept(id);
    } catch (error) {
      if (!isAdapterError(error)) throw error;
      return 'unavailable';
    }
    if (kept === undefined) return undefined;
    const found: Copies<Value> = new Map();
    keepLatest(found, kept);
    keepLatest(found, own);
    return valuesOf([...(found.get(id)?.values() ?? [])]);
  }

  /** Where Redis has a complete copy. */
  async #kept(id: string): Promise<Copy<Value>[] | undefined> {
    const fields = await this.#context.redis.read('copies.find', (client) => client.hgetall(this.#key(id)));
    const { complete } = this.#format;
    if (fields[complete] === undefined) return undefined;
    return Object.entries(fields).flatMap(([field, text]) =>
      field === complete ? [] : [this.#decoded(id, field, text)],
    );
  }

  #decoded(id: string, field: string, text: string): Copy<Value> {
    const space = text.indexOf(' ');
    const version = Number(text.slice(0, space));
    return { id, field, version, value: this.#format.decode(text.slice(space + 1), { id, field, version }) };
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

  async #store(copies: Copies<Value>, isComplete: boolean): Promise<void> {
    const { complete, encode } = this.#format;
    const groups = this.#context.config.redis.cluster ? [...copies].map((one) => [one]) : [[...copies]];
    await Promise.all(
      groups.map((group) => {
        const args: (string | number)[] = [LIFE_MS, complete, isComplete ? 1 : 0];
        for (const [, fields] of group) {
          args.push(fields.size);
          for (const { field, version, value } of fields.values()) args.push(field, version, encode(value));
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

const present = <Value>(copies: readonly Copy<Value>[]) =>
  copies.filter((copy): copy is Copy<Value> & { value: Value } => copy.value !== null);

const valuesOf = <Value>(copies: readonly Copy<Value>[]): Value[] =>
  present(copies)
    .toSorted((a, b) => (a.field < b.field ? -1 : 1))
    .map(({ value }) => value);

/** As JSON keeps them, so that what was read compares with what was kept. */
const partsOf = <Value>(copies: readonly Copy<Value>[]): Map<string, Versioned<unknown>> =>
  new Map(
    present(copies).map(({ field, version, value }) => [
      field,
      { version, value: JSON.parse(JSON.stringify(value)) as unknown },
    ]),
  );
