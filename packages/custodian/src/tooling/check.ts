import type { Facts, Verified } from '@tse/core/admin';

interface Check extends Record<string, unknown> {
  compared: number;
  differences: string[] | null;
}

/** Runs queries that each answer one row for each thing compared, with a `difference` as a line for people where there is one. */
export async function checkAll(name: string, facts: Facts, queries: readonly string[]): Promise<Verified> {
  let compared = 0;
  const differences: string[] = [];
  for (const query of queries) {
    const [found] = await facts.query<Check>(`
      with compared as (${query})
      select count(*) as compared, (array_agg(difference order by difference) filter (where difference is not null))[1:10] as differences
      from compared`);
    compared += found!.compared;
    differences.push(...(found!.differences ?? []));
  }
  return { name, ok: differences.length === 0, compared, differences };
}
