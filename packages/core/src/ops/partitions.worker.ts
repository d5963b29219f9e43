import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Telemetry } from '../pipe/telemetry.ts';
import type { Postgres } from '../postgres/postgres.ts';
import { queryBuilder, statement } from '../postgres/statement.ts';
import type { Finding, HealthContribution } from './health.ts';
import type { Worker } from './worker.ts';

const MONTHS_AHEAD = 3;
/** Below this the worker has not done its work for two months, and somebody should look. */
const FEW_DAYS_AHEAD = 31;
const EVERY_MS = 3_600_000;

/** By the clock of the database: partitions are for rows that are written now. */
const readAhead = statement('core.partitions.ahead', 'read', (_p: object) => ({
  compile: () =>
    sql<{ table_name: string; days_ahead: number }>`
      select table_name, extract(epoch from max(upper_bound) - clock_timestamp())::float8 / 86400 as days_ahead
      from partitions group by table_name`.compile(queryBuilder()),
}));
const ensure = statement('core.partitions.ensure', 'write', (p: { table: string; months: number }) => ({
  compile: () =>
    sql`select ensure_partitions(${p.table}, clock_timestamp() + make_interval(months => ${p.months}::integer))`.compile(
      queryBuilder(),
    ),
}));

/** Makes the monthly partitions of these tables ahead of time, and tells how far ahead they are. */
export function partitionsWorker(
  pg: Postgres,
  telemetry: Telemetry,
  tables: readonly string[],
): Worker & HealthContribution {
  const tell = telemetry.gauge('adapter_partitions_ahead_days', 'Days for which a table has partitions already', [
    'table',
  ]);
  const ahead = async (): Promise<Map<string, number>> => {
    const days = new Map((await pg.many(readAhead, {})).map((row) => [row.table_name, row.days_ahead]));
    for (const table of tables) tell(days.get(table) ?? 0, { table });
    return days;
  };
  return {
    name: 'partitions',
    needs: ['postgres'],
    async run(signal) {
      while (!signal.aborted) {
        const days = await ahead();
        // Asked first, because making them locks the table for a moment.
        const short = tables.filter((table) => (days.get(table) ?? 0) < MONTHS_AHEAD * 28);
        for (const table of short) await pg.run(ensure, { table, months: MONTHS_AHEAD });
        await sleep(EVERY_MS * (0.9 + Math.random() * 0.2), undefined, { signal, ref: false }).catch(() => {});
      }
    },
    async check() {
      const days = await ahead();
      return judgeAhead(tables.map((table) => [table, days.get(table) ?? 0]));
    },
  };
}

export function judgeAhead(days: readonly (readonly [table: string, days: number])[]): Finding {
  const facts = Object.fromEntries(days.map(([table, ahead]) => [`${table} days ahead`, Math.floor(ahead)]));
  const short = days.filter(([, ahead]) => ahead < FEW_DAYS_AHEAD);
  if (short.length === 0) return { state: 'up', facts };
  const reason = `partitions end in ${short.map(([table, ahead]) => `${Math.max(0, Math.floor(ahead))} days for ${table}`).join(', ')}`;
  return { state: 'degraded', reason, facts };
}
