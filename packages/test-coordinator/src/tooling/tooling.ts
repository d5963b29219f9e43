import type { AdapterTooling } from '@tse/core/admin';
import { createTestCoordinatorAdapter } from '../adapter.ts';
import { definition } from '../definition.ts';
import { verifyRuns } from './run-identities.ts';
import { seedTestCoordinator } from './seed.ts';

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = {
  definition,
  async seed({ options, progress }) {
    await using coordinator = createTestCoordinatorAdapter(options);
    return await seedTestCoordinator(coordinator, progress); // awaited: the adapter closes when this block is left
  },
  async verify({ facts, progress }) {
    progress('runs');
    return await verifyRuns(facts);
  },
};
