import type { AdapterTooling } from '@tse/core/admin';
import { createAuditAdapter } from '../adapter.ts';
import { definition } from '../definition.ts';
import { states } from './states.ts';
import { verifyChains, verifyTimelines } from './derived-identity.ts';
import { seedAudit } from './seed.ts';
import { verifyTrail } from './trail-identity.ts';

export { type TakenSource, compareWithSource, takenSources } from './trail-identity.ts';

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = {
  definition,
  states,
  async seed({ options, progress }) {
    await using audit = createAuditAdapter(options);
    return await seedAudit(audit, progress); // awaited: the adapter closes when this block is left
  },
  async verify(context) {
    const { facts, options, progress } = context;
    await using audit = createAuditAdapter(options);
    progress('trail');
    const trail = await verifyTrail(audit, context);
    progress('chains');
    const chains = await verifyChains(facts);
    progress('timelines');
    return [trail, chains, await verifyTimelines(facts)];
  },
};
