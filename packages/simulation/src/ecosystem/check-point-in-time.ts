import { findFacts, rebuildStates } from '@tse/core/admin';
import type { Snapshot } from '@tse/test-coordinator';
import { type Checked, toolings } from '../invariants.ts';
import type { Invariant } from '../report.ts';

/**
 * Invariant "point in time": the states of all adapters as they were recorded at the watermarks of an earlier snapshot, made again now from
 * history, have the rows, sums and checksums that the snapshot took then.
 */
export async function checkPointInTime(
  { target }: Pick<Checked, 'target'>,
  { watermarks, items }: Snapshot,
): Promise<Invariant> {
  const taken = new Map(items.map((item) => [`${item.schema} ${item.object}`, item]));
  const problems: string[] = [];
  let compared = 0;
  for (const { definition, states = [] } of Object.values(toolings)) {
    await using facts = await findFacts(definition, target);
    if (facts === undefined) continue;
    const rebuilt = await rebuildStates(facts, states, watermarks as Record<string, number>);
    problems.push(...rebuilt.lacking.map(({ object, why }) => `${object}: ${why}`));
    for (const { schema, object, rows, checksum } of rebuilt.items) {
      const then = taken.get(`${schema} ${object}`);
      compared += 1;
      if (then === undefined) problems.push(`${schema} ${object} is in no snapshot`);
      else if (then.rows !== rows || then.checksum !== checksum)
        problems.push(`${schema} ${object} had ${then.rows} rows, made again ${rows}`);
    }
  }
  return {
    name: 'point in time',
    ok: problems.length === 0,
    compared,
    ...(problems.length > 0 && { problem: problems.slice(0, 10).join('; ') }),
  };
}
