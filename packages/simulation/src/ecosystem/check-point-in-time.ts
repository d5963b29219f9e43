import { rebuildStates } from '@tse/core/admin';
import type { Snapshot } from '@tse/test-coordinator';
import { type Checked, eachFacts } from '../invariants.ts';
import { type Invariant, invariantOf } from '../report.ts';

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
  await eachFacts(target, async (facts, states) => {
    const rebuilt = await rebuildStates(facts, states, watermarks as Record<string, number>);
    problems.push(...rebuilt.lacking.map(({ object, why }) => `${object}: ${why}`));
    for (const { schema, object, rows, checksum } of rebuilt.items) {
      const then = taken.get(`${schema} ${object}`);
      compared += 1;
      if (then === undefined) problems.push(`${schema} ${object} is in no snapshot`);
      else if (then.rows !== rows || then.checksum !== checksum)
        problems.push(`${schema} ${object} had ${then.rows} rows, made again ${rows}`);
    }
  });
  return invariantOf('point in time', compared, problems);
}
