import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import { KEPT } from './telemetry.repository.ts';

const EVERY_MS = 3_600_000;

const forget = statement('audit.telemetry.forget', 'write', (p: { kept: string }) => ({
  compile: () => sql`select forget_telemetry(clock_timestamp() - ${p.kept}::interval)`.compile(queryBuilder()),
}));

/** Drops the months of spans and logs that are too old, by the clock of the database: they tell of real time. */
export const forgetTelemetry = ({ pg }: AdapterContext) => ({
  name: 'forget-telemetry',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pg.run(forget, { kept: KEPT });
      await sleep(EVERY_MS * (0.9 + Math.random() * 0.2), undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
