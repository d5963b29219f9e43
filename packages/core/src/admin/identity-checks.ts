import type { Facts } from './facts.ts';
import type { Verified } from './tooling.ts';

/** An identity that one schema's facts decide. */
export interface IdentityChecks {
  readonly name: string;
  /** What it compares, in a few words. */
  readonly what: string;
  /** Queries that each answer one row for each thing compared, with a `difference` as a line for people where there is one. */
  readonly checks: readonly string[];
}

/** What an identity came to. */
export const verified = (
  name: string,
  what: string,
  { compared, differences }: Pick<Required<Verified>, 'compared' | 'differences'>,
): Verified => ({
  name,
  ok: differences.length === 0,
  compared,
  what: compared === 0 && differences.length === 0 ? `no ${what} yet` : what,
  differences,
});

/** An identity with something that is not there, and why. */
export const nothingToCompare = (name: string, why: string): Verified => ({
  name,
  ok: true,
  compared: 0,
  what: why,
  differences: [],
});

/** Of each check the first, so that one that differs everywhere does not hide the others. */
const MOST_SHOWN = 10;

/** Runs the checks of one identity; it holds when no check names a row. */
export async function verifyIdentity(facts: Facts, { name, what, checks }: IdentityChecks): Promise<Verified> {
  let compared = 0;
  const differences: string[] = [];
  for (const check of checks) {
    const [found] = await facts.query<{ compared: number; differences: string[] | null }>(`
      with compared as (${check})
      select count(*) as compared,
        (array_agg(difference order by difference) filter (where difference is not null))[1:${MOST_SHOWN}] as differences
      from compared`);
    compared += found!.compared;
    differences.push(...(found!.differences ?? []));
  }
  return verified(name, what, { compared, differences });
}

/** Rows that a run wrote itself, each with what it is, its run, its fence and when it was recorded. */
const events = `
  select format('event %s (%s)', event_id, type) as row, run_id, fence, recorded_at from facts_events
  where source is null and run_id is not null and fence is not null`;

/**
 * Identity "fence": no row of a run carries a fence lower than one recorded before it. Of events those that answer no other event: what answers
 * one carries the fence of that one, however late it is read. `rows` are queries of further rows, with the columns row, run_id, fence, recorded_at.
 */
export function verifyFence(facts: Facts, rows: readonly string[] = []): Promise<Verified> {
  const checks = [events, ...rows].map(
    (each) => `
      select case when fence < highest then format('%s of run %s has fence %s, recorded after one of fence %s', row, run_id, fence, highest) end as difference
      from (
        select *, max(fence) over (partition by run_id order by recorded_at range between unbounded preceding and current row exclude group) as highest
        from (${each}) as labelled) as r`,
  );
  return verifyIdentity(facts, { name: 'fence', what: 'fences of test runs', checks });
}
