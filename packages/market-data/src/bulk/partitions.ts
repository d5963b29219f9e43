import { type AdapterContext, InvalidInputError, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { instantOf, microsOf } from './event-time.ts';

const db = queryBuilder<Tables>();

const statements = {
  end: statement('market-data.partitions.end', 'read', (p: { table: string }) =>
    db
      .selectFrom('partitions')
      .select((e) => e.fn.max('upper_bound').as('end'))
      .where('table_name', '=', p.table),
  ),
  ensure: statement('market-data.partitions.ensure', 'write', (p: { table: string; until: string }) => ({
    compile: () =>
      sql<{ made: number }>`select ensure_partitions(${p.table}, ${p.until}::timestamptz) as made`.compile(db),
  })),
};

const TEN_YEARS_MICROS = 10 * 365 * 86_400 * 1_000_000;

/** Sees to it that there is a partition for what a batch holds: business time may be far ahead of the database's. */
export class Partitions {
  readonly #context: AdapterContext;
  readonly #table: string;
  #end = -Infinity;

  constructor(context: AdapterContext, table: string) {
    this.#context = context;
    this.#table = table;
  }

  /** Before a batch whose latest row is at these microseconds since 1970. */
  async ensure(micros: number): Promise<void> {
    if (micros < this.#end) return;
    const { pg } = this.#context;
    await this.#look();
    if (micros < this.#end) return;
    // Those made at once are ten years at most: something dated later is a mistake rather than a market.
    if (micros > this.#end + TEN_YEARS_MICROS - 32 * 86_400_000_000)
      throw new InvalidInputError(
        [{ path: '', message: `${instantOf(micros)} is more than ten years after anything else` }],
        'too-far-ahead',
      );
    await pg.run(statements.ensure, { table: this.#table, until: instantOf(micros) });
    await this.#look();
  }

  async #look(): Promise<void> {
    const { end } = await this.#context.pg.one(statements.end, { table: this.#table });
    this.#end = (end === null ? undefined : microsOf(end)) ?? -Infinity;
  }
}
