import type { AdapterTooling } from '@tse/core/admin';
import { createTestCoordinatorAdapter } from '../adapter.ts';
import { definition } from '../definition.ts';
import { states } from './states.ts';
import { verifyRuns } from './run-identities.ts';
import { seedTestCoordinator } from './seed.ts';

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = {
  definition,
  states,
  async seed({ options, progress }) {
    await using coordinator = createTestCoordinatorAdapter(options);
    return await seedTestCoordinator(coordinator, progress); // awaited: the adapter closes when this block is left
  },
  async recordSnapshot({ options, snapshotId, snapshots, runId, fence, phase }) {
    await using coordinator = createTestCoordinatorAdapter(options);
    const kept = await coordinator.snapshots.record({
      ...(snapshotId !== undefined && { snapshotId }),
      runId,
      fence,
      phase,
      watermarks: Object.fromEntries(Object.entries(snapshots).map(([schema, { watermark }]) => [schema, watermark])),
      items: Object.values(snapshots).flatMap(({ items }) =>
        items.map((item) => ({ ...item, sums: { ...item.sums } })),
      ),
    });
    return kept.snapshotId;
  },
  async verify({ facts, progress }) {
    progress('runs');
    return await verifyRuns(facts);
  },
};
