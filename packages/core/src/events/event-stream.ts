import type { AdapterContext } from '../consistency/adapter-context.ts';
import { script } from '../redis/script.ts';
import { type OutboxRow, type Published, encodeEnvelope } from './envelope.ts';

const appendEvents = script('events.append', 'write', new URL('../../lua/append-events.lua', import.meta.url));

/** Bytes of one call of the script, about: Redis does nothing else meanwhile. */
const MAX_BYTES = 512 * 1024;

/** `<prefix>:events` and `<prefix>:published` of the adapter's own. */
export class EventStream {
  readonly #context: AdapterContext;
  readonly #key: string;

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#key = context.coreKeys.events('all');
  }

  /** Its last number, or `undefined` where it does not exist. */
  async end(): Promise<number | undefined> {
    const last = await this.#append(1, false, []);
    return last === -1 ? undefined : last;
  }

  /**
   * Appends what follows the stream's end, in calls of bounded size; answers the stream's last number then, or `undefined` where it
   * does not exist (any more) and may not begin with these.
   */
  async append(rows: readonly OutboxRow[], mayBegin: boolean): Promise<number | undefined> {
    let last = rows[0]!.publish_seq - 1;
    for (let from = 0; from < rows.length;) {
      const args: string[] = [];
      let to = from;
      for (let bytes = 0; to < rows.length && bytes < MAX_BYTES; to += 1) {
        const row = rows[to]!;
        const envelope = encodeEnvelope(row);
        bytes += envelope.length + row.payload.length;
        args.push(envelope, row.payload);
      }
      last = await this.#append(rows[from]!.publish_seq, mayBegin && from === 0, args);
      if (last === -1) return undefined;
      if (last !== rows[to - 1]!.publish_seq) return last;
      from = to;
    }
    return last;
  }

  async #append(first: number, mayBegin: boolean, events: string[]): Promise<number> {
    const args = [first, mayBegin ? 1 : 0, ...events];
    return Number(await this.#context.redis.script<string | number>(appendEvents, [this.#key], args));
  }

  /** The first entry at or after a number. */
  async first(from: number): Promise<{ number: number; recordedAt: string } | undefined> {
    const [entry] = await this.#context.redis.read('events.first-entry', (c) =>
      c.xrange(this.#key, `${from}-0`, '+', 'COUNT', 1),
    );
    if (!entry) return undefined;
    const { recordedAt } = JSON.parse(entry[1][1]!) as { recordedAt: string };
    return { number: Number.parseInt(entry[0], 10), recordedAt };
  }

  /** Lets go of all below a number. */
  async trim(below: number): Promise<void> {
    await this.#context.redis.write('events.trim', (c) => c.xtrim(this.#key, 'MINID', `${below}-0`));
  }

  async drop(): Promise<void> {
    await this.#context.redis.write('events.drop', (c) => c.unlink(this.#key));
  }

  async tellPublished(published: Published): Promise<void> {
    const key = this.#context.coreKeys.published('all');
    await this.#context.redis.write('events.published', (c) => c.set(key, JSON.stringify(published)));
  }
}
