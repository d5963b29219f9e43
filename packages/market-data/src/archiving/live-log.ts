import type { AdapterContext, ArchiveSource } from '@tse/core';

/**
 * The log of one symbol in Redis: one entry a flush, in the order of their coming. The last archived entry stays: while it is there, nothing
 * that came after it was lost.
 */
export class LiveLog implements ArchiveSource<string> {
  readonly #context: AdapterContext;
  readonly #key: string;
  /** Whether what was read last follows what was archived before. */
  continues = false;

  constructor(context: AdapterContext, key: string) {
    this.#context = context;
    this.#key = key;
  }

  async read(after: string, limit: number): Promise<{ position: string; fact: string }[] | undefined> {
    const from = after === '' ? '-' : after;
    const entries = await this.#context.redis.read('market-data.live-log.read', (client) =>
      client.xrange(this.#key, from, '+', 'COUNT', limit + 1),
    );
    if (after !== '' && entries[0]?.[0] !== after) return undefined;
    this.continues = after !== '';
    const following = after === '' ? entries.slice(0, limit) : entries.slice(1);
    return following.map(([position, [, fact]]) => ({ position, fact: fact! }));
  }

  async trim(before: string): Promise<void> {
    await this.#context.redis.write('market-data.live-log.trim', (client) => client.xtrim(this.#key, 'MINID', before));
  }

  size(): Promise<number> {
    return this.#context.redis.read('market-data.live-log.size', (client) => client.xlen(this.#key)).then(Number);
  }
}
