import type { AdapterTooling } from '@tse/core/admin';
import { createAuditAdapter } from '../adapter.ts';
import { definition } from '../definition.ts';
import { verifyChains, verifyTimelines } from './derived-identity.ts';
import { seedAudit } from './seed.ts';

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = {
  definition,
  async seed({ options, progress }) {
    await using audit = createAuditAdapter(options);
    return await seedAudit(audit, progress); // awaited: the adapter closes when this block is left
  },
  async verify({ facts, progress }) {
    progress('chains');
    const chains = await verifyChains(facts);
    progress('timelines');
    return [chains, await verifyTimelines(facts)];
  },
};
