import { type AdapterContext, type CallOptions, type Instant, operation, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import {
  type KeepFor,
  type RetainedTable,
  type Retention,
  type RetentionPolicy,
  type RetiredMonth,
  keepFor,
} from './retention.ts';

const db = queryBuilder<Tables>();

const tables: Record<RetainedTable, string> = {
  trades: 'trades',
  candles: 'candles',
  ticks: 'price_ticks',
  'quote-minutes': 'quote_minutes',
};
const kinds = Object.fromEntries(Object.entries(tables).map(([kind, table]) => [table, kind])) as Record<
  string,
  RetainedTable
>;

const statements = {
  keepFor: statement('market-data.retention.keepFor', 'write', (p: { table: string; keepDays: number }) =>
    db
      .insertInto('retention_policies')
      .values({ table_name: p.table as never, keep_days: p.keepDays })
      .onConflict((c) =>
        c.column('table_name').doUpdateSet(() => ({
          keep_days: p.keepDays,
          version: sql<number>`retention_policies.version + (retention_policies.keep_days <> excluded.keep_days)::integer`,
          updated_at: sql<Instant>`clock_timestamp()`,
        })),
      )
      .returning(['table_name', 'keep_days', 'version']),
  ),
  list: statement('market-data.retention.list', 'read', () =>
    db.selectFrom('retention_policies').select(['table_name', 'keep_days', 'version']).orderBy('table_name'),
  ),
  due: statement('market-data.retention.due', 'read', (p: { now: Instant }) => ({
    compile: () =>
      sql<{ table_name: string; partition_name: string }>`
        select p.table_name, p.partition_name
        from partitions as p join retention_policies as r on r.table_name = p.table_name
        where p.upper_bound <= ${p.now}::timestamptz - make_interval(days => r.keep_days) and p.upper_bound <= clock_timestamp()
        order by p.upper_bound, p.table_name`.compile(db),
  })),
  retire: statement('market-data.retention.retire', 'write', (p: { table: string; partition: string }) => ({
    compile: () => sql`select retire_partition(${p.table}, ${p.partition})`.compile(db),
  })),
};

const nothing = z.strictObject({});
const operations = {
  keepFor: operation('market-data.retention.keepFor', keepFor, ({ kind }) => kind),
  list: operation('market-data.retention.list', nothing),
  retire: operation('market-data.retention.retire', nothing),
};

export class RetentionRepository implements Retention {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  keepFor(input: KeepFor, options?: CallOptions): Promise<RetentionPolicy> {
    return this.#context.run(operations.keepFor, input, options, async ({ kind, keepDays }) =>
      toPolicy(await this.#context.pg.one(statements.keepFor, { table: tables[kind], keepDays })),
    );
  }

  list(options?: CallOptions): Promise<RetentionPolicy[]> {
    return this.#context.run(operations.list, {}, options, async () =>
      (await this.#context.pg.many(statements.list, undefined)).map(toPolicy),
    );
  }

  retire(options?: CallOptions): Promise<RetiredMonth[]> {
    return this.#context.run(operations.retire, {}, options, async () => {
      const due = await this.#context.pg.many(statements.due, { now: this.#context.clock.now() });
      const retired: RetiredMonth[] = [];
      for (const { table_name: table, partition_name: partition } of due) {
        await this.#context.pg.run(statements.retire, { table, partition });
        retired.push({ kind: kinds[table]!, partition });
      }
      return retired;
    });
  }
}

const toPolicy = (row: { table_name: string; keep_days: number; version: number }): RetentionPolicy => ({
  kind: kinds[row.table_name]!,
  keepDays: row.keep_days,
  version: row.version,
});
