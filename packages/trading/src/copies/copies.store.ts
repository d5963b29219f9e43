import { type AdapterContext, type KeyOf, isAdapterError, script } from '@tse/core';

const LIFE_MS = 60_000;
const PAUSE_MS = 10;
const RETRY_MS = 500;
/** Deployments. */
const MOST_PENDING = 10_000;

const storeCopies = script('trading.copies.store', 'write', new URL('../../lua/store-copies.lua', import.meta.url));

/** A row of a deployment as it is in the tables; without a value it is gone. */
export interface Copy<Value> {
  readonly deploymentId: string;
  readonly name: string;
  readonly version: number;
  readonly value?: Value;
}

/** By deployment, then by name. */
type Copies<Value> = Map<string, Map<string, Copy<Value>>>;

/**
 * Copies of a deployment's rows in Redis. Writers hand in what their statement answered and do not wait: copies of a moment go out
 * together, a later version in the place of an earlier one. What Redis did not take is tried again; reads of this process see what is on
 * its way.
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

  /** The rows of a deployment: from Redis where it has all of them, else from the tables, which then fill it. */
  async read(deploymentId: string, fresh: boolean, load: () => Promise<readonly Copy<Value>[]>): Promise<Value[]> {
    if (fresh) return valuesOf(await load());
    const found = await this.#find(deploymentId);
    if (found !== 'unavailable' && found !== undefined) return found;
    const rows = await load();
    if (found === undefined)
      this.#store(new Map([[deploymentId, new Map(rows.map((row) => [row.name, row]))]]), true).catch((err: unknown) =>
        this.#context.telemetry.log.debug({ err }, 'copies not filled'),
      );
    return valuesOf(rows);
  }

  async #find(deploymentId: string): Promise<Value[] | undefined | 'unavailable'> {
    // Taken before Redis is asked: what reaches it meanwhile is in its answer or in here.
    const own = [this.#sending, this.#pending].flatMap((copies) => [...(copies.get(deploymentId)?.values() ?? [])]);
    let fields: Record<string, string>;
    try {
      fields = await this.#context.redis.read('trading.copies.find', (client) =>
        client.hgetall(this.#key(deploymentId)),
      );
    } catch (error) {
      if (!isAdapterError(error)) throw error;
      return 'unavailable';
    }
    if (fields['complete'] === undefined) return undefined;
    const found: Copies<Value> = new Map();
    for (const [name, text] of Object.entries(fields))
      if (name !== 'complete') keepLatest(found, [decode<Value>(deploymentId, name, text)]);
    keepLatest(found, own);
    return valuesOf([...(found.get(deploymentId)?.values() ?? [])]);
  }

  /** Sends what still waits. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#pending.size > 0) await this.#flush();
    clearTimeout(this.#timer);
  }

  #flushIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#flush().catch((err: unknown) => this.#context.telemetry.log.debug({ err }, 'copies not refreshed'));
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
      if (copies.size <= MOST_PENDING) for (const rows of copies.values()) keepLatest(this.#pending, rows.values());
      this.#flushIn(RETRY_MS);
      throw error;
    } finally {
      this.#sending = new Map();
    }
    if (this.#pending.size > 0) this.#flushIn(PAUSE_MS);
  }

  async #store(deployments: Copies<Value>, complete: boolean): Promise<void> {
    const all = [...deployments];
    const groups = this.#context.config.redis.cluster ? all.map((one) => [one]) : [all];
    await Promise.all(
      groups.map((group) => {
        const args: (string | number)[] = [LIFE_MS, complete ? 1 : 0];
        for (const [, rows] of group) {
          args.push(rows.size);
          for (const { name, version, value } of rows.values())
            args.push(name, version, value === undefined ? '' : JSON.stringify(value));
        }
        return this.#context.redis.script(
          storeCopies,
          group.map(([deploymentId]) => this.#key(deploymentId)),
          args,
        );
      }),
    );
  }
}

function keepLatest<Value>(copies: Copies<Value>, more: Iterable<Copy<Value>>): void {
  for (const copy of more) {
    let rows = copies.get(copy.deploymentId);
    if (!rows) copies.set(copy.deploymentId, (rows = new Map()));
    const known = rows.get(copy.name);
    if (!known || known.version < copy.version) rows.set(copy.name, copy);
  }
}

function decode<Value>(deploymentId: string, name: string, text: string): Copy<Value> {
  const space = text.indexOf(' ');
  const json = text.slice(space + 1);
  return {
    deploymentId,
    name,
    version: Number(text.slice(0, space)),
    ...(json !== '' && { value: JSON.parse(json) as Value }),
  };
}

const valuesOf = <Value>(copies: readonly Copy<Value>[]): Value[] =>
  copies
    .filter((copy): copy is Copy<Value> & { value: Value } => copy.value !== undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ value }) => value);
