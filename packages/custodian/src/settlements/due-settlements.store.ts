import { type AdapterContext, type Instant, type KeyOf, instant, queryBuilder, script, statement } from '@tse/core';
import type { Tables } from '../schema.ts';

const noteDueSettlements = script(
  'custodian.settlements.noteDue',
  'write',
  new URL('../../lua/note-due-settlements.lua', import.meta.url),
);

const listNext = statement('custodian.settlements.listNext', 'read', (p: { limit: number }) =>
  queryBuilder<Tables>()
    .selectFrom('settlement_instructions')
    .select(['id', 'next_attempt_at'])
    .where('status', 'in', ['pending', 'partially-settled', 'failing'])
    .where('next_attempt_at', 'is not', null)
    .orderBy('intended_date')
    .orderBy('priority')
    .orderBy('id')
    .limit(p.limit),
);

const MOST_NOTED = 100_000;
const MOST_REBUILT = 10_000;

export interface DueNote {
  settlementId: string;
  /** When it is due next; never again where left out. */
  dueAt?: Instant | undefined;
  /** Only where it is still noted for this second. */
  seen?: number | undefined;
}

/**
 * When settlements are due, in Redis: a hint by which the worker knows that nothing is due without asking the tables. Claims are made
 * there, so what is missing or wrong here is only found later.
 */
export class DueSettlementStore {
  readonly #context: AdapterContext;
  readonly #key: string;

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key('all');
  }

  /** Nobody waits for it. */
  note(notes: readonly DueNote[]): void {
    if (notes.length === 0) return;
    this.noteAll(notes).catch((err: unknown) =>
      this.#context.telemetry.log.debug({ err }, 'due settlements not noted'),
    );
  }

  async noteAll(notes: readonly DueNote[]): Promise<void> {
    const args: (string | number)[] = [MOST_NOTED];
    for (const { settlementId, dueAt, seen } of notes)
      args.push(settlementId, dueAt === undefined ? '-' : dueSecond(dueAt), seen ?? '-');
    await this.#context.redis.script(noteDueSettlements, [this.#key], args);
  }

  /** Notes what is to be tried next, out of the tables: after a Redis that was emptied. */
  async rebuild(): Promise<void> {
    const rows = await this.#context.pg.many(listNext, { limit: MOST_REBUILT });
    await this.noteAll(rows.map(({ id, next_attempt_at }) => ({ settlementId: id, dueAt: next_attempt_at! })));
  }

  /** What is noted as due by then, the earliest first, with the second it is noted for. */
  async listDue(at: Instant, limit: number): Promise<{ settlementId: string; second: number }[]> {
    const flat = await this.#context.redis.read('custodian.settlements.listDue', (client) =>
      client.zrangebyscore(this.#key, '-inf', dueSecond(at), 'WITHSCORES', 'LIMIT', 0, limit),
    );
    const due: { settlementId: string; second: number }[] = [];
    for (let i = 0; i < flat.length; i += 2) due.push({ settlementId: flat[i]!, second: Number(flat[i + 1]) });
    return due;
  }
}

/** The second in which it is due: what is due within it is found by its end. */
const dueSecond = (at: Instant) => Math.floor(instant.millis(at) / 1000);
