import { setTimeout as sleep } from 'node:timers/promises';
import { type AdapterContext, type Worker, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** How long a repeat of a direct event is known. Longer than any sender repeats. */
const WINDOW_DAYS = 30;
const AT_ONCE = 5000;
const PAUSE_MS = 60_000;

const db = queryBuilder<Tables>();

const forget = statement('audit.trail.forget-direct-ids', 'write', (p: { days: number; limit: number }) =>
  db.deleteFrom('direct_event_ids').where('position', 'in', (e) =>
    e
      .selectFrom(
        e
          .selectFrom('direct_event_ids')
          .select(['position', 'recorded_at'])
          .orderBy('position')
          .limit(p.limit)
          .as('oldest'),
      )
      .select('oldest.position')
      .where('oldest.recorded_at', '<', sql<never>`clock_timestamp() - make_interval(days => ${p.days})`),
  ),
);

/** Lets go of the ids of direct events whose window is over. */
export const forgetDirectIds = ({ pg }: AdapterContext): Worker => ({
  name: 'forget-direct-ids',
  async run(signal) {
    while (!signal.aborted) {
      const forgotten = await pg.run(forget, { days: WINDOW_DAYS, limit: AT_ONCE });
      if (forgotten < AT_ONCE) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
