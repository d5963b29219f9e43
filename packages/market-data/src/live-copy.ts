import {
  type AdapterContext,
  type Epoch,
  type KeyOf,
  type Projection,
  RecentIds,
  differenceOf,
  isAdapterError,
  script,
} from '@tse/core';

/** A copy of something that PostgreSQL decides, by its version. */
export interface VersionedCopy<Value> {
  id: string;
  version: number;
  value: Value;
}

const LIFE_MS = 60_000;

const keepNewer = script('market-data.live-copies.keep', 'write', new URL('../lua/keep-newer.lua', import.meta.url));

/**
 * Live copies in Redis, each under a key of its own. A writer hands in what its statement answered; a copy lives a minute from then or from
 * the read that filled it, so that what was lost on its way heals. Without Redis, or while its epoch is not that of the tables, there
 * is none, and the tables answer.
 */
export class LiveCopies<Value> {
  readonly #context: AdapterContext;
  readonly #epoch: Epoch;
  readonly #key: KeyOf;
  readonly #load: (id: string) => Promise<VersionedCopy<Value> | undefined>;
  readonly #written = new RecentIds(LIFE_MS);
  /** What Redis did not take of this process. */
  readonly #behind = new Set<string>();

  constructor(
    context: AdapterContext,
    epoch: Epoch,
    key: KeyOf,
    load: (id: string) => Promise<VersionedCopy<Value> | undefined>,
  ) {
    this.#context = context;
    this.#epoch = epoch;
    this.#key = key;
    this.#load = load;
  }

  /** What Redis has, else what the tables say. */
  async find(id: string, fresh: boolean): Promise<VersionedCopy<Value> | undefined> {
    const kept = fresh || this.#behind.has(id) ? undefined : await this.#kept(id);
    if (kept) return kept;
    const loaded = await this.#load(id);
    if (loaded) await this.keep([loaded]);
    return loaded;
  }

  /** Never throws: what Redis did not take this process reads from the tables, and others once the older copy has ended. */
  async keep(copies: readonly VersionedCopy<Value>[], { replace = false } = {}): Promise<void> {
    await Promise.all(
      copies.map(({ id, version, value }) => {
        this.#written.add(id);
        return this.#context.redis
          .script(keepNewer, [this.#key(id)], [version, JSON.stringify(value), LIFE_MS, replace ? 1 : 0])
          .then(
            () => void this.#behind.delete(id),
            (err: unknown) => {
              this.#behind.add(id);
              this.#context.telemetry.log.debug({ err }, 'live copy not kept');
            },
          );
      }),
    );
  }

  /** For the drift verifier: what this process keeps. What drifted is dropped, and kept again by the next read. */
  projection(name: string): Projection {
    return {
      name,
      ids: () => Promise.resolve(this.#written.list()),
      differences: async (id) => {
        const copy = await this.#kept(id);
        if (!copy) return [];
        const truth = await this.#load(id);
        return differenceOf(copy, truth && { ...truth, value: JSON.parse(JSON.stringify(truth.value)) as Value });
      },
      repair: async (id) => {
        await this.#context.redis.write('market-data.live-copies.drop', (client) => client.unlink(this.#key(id)));
      },
    };
  }

  async #kept(id: string): Promise<VersionedCopy<Value> | undefined> {
    try {
      await this.#epoch.ensure();
      const text = await this.#context.redis.read('market-data.live-copies.find', (client) =>
        client.get(this.#key(id)),
      );
      if (text === null) return undefined;
      const space = text.indexOf(' ');
      return { id, version: Number(text.slice(0, space)), value: JSON.parse(text.slice(space + 1)) as Value };
    } catch (error) {
      if (isAdapterError(error) && error.kind === 'unavailable') return undefined;
      throw error;
    }
  }
}
