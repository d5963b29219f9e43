import { type AdapterContext, type HealthContribution, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';

/** Nobody who derives is this far behind for long. */
const LONGEST_LAG_SECONDS = 60;

const lags = statement('audit.derived.lags', 'read', () => ({
  compile: () =>
    sql<{ name: string; behind: number; lag: number | null }>`
      select p.name, h.position - p.position as behind, extract(epoch from clock_timestamp() - e.recorded_at)::double precision as lag
      from trail_head as h
      join projections as p on p.name in ('chains', 'timelines')
      left join events as e on e.position = p.position + 1
      order by p.name`.compile(queryBuilder()),
}));

/** How far what is derived is behind the trail: with its workers off everywhere, nothing is derived at all. */
export const derivedCheck = ({ pg }: AdapterContext): HealthContribution => ({
  name: 'derived',
  needs: ['postgres'],
  async check() {
    const rows = await pg.many(lags, undefined);
    const facts = Object.fromEntries(rows.map(({ name, behind }) => [`${name} behind`, behind]));
    const lagSeconds = Math.max(0, ...rows.map(({ lag }) => lag ?? 0));
    const late = rows.find(({ lag }) => (lag ?? 0) > LONGEST_LAG_SECONDS);
    if (!late) return { state: 'up', lagSeconds, facts };
    return {
      state: 'degraded',
      reason: `${late.name} are ${Math.round(late.lag!)} seconds behind the trail`,
      lagSeconds,
      facts,
    };
  },
});
