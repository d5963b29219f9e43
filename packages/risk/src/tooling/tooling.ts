import { type AdapterTooling, verifyFence } from '@tse/core/admin';
import { createRiskAdapter } from '../adapter.ts';
import { definition } from '../definition.ts';
import { states } from './states.ts';
import { verifyWithExchange } from './exchange-identities.ts';
import { verifyRisk } from './identities.ts';
import { seedRisk } from './seed.ts';

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = {
  definition,
  states,
  async seed({ options, progress }) {
    await using risk = createRiskAdapter(options);
    return await seedRisk(risk, progress); // awaited: the adapter closes when this block is left
  },
  async verify({ facts, factsOf, progress }) {
    progress('fills, reservations, breaches');
    const own = await verifyRisk(facts);
    const fence = await verifyFence(facts);
    progress('positions and permission at the exchange');
    return [...own, ...(await verifyWithExchange(facts, () => factsOf('exchange'))), fence];
  },
};
