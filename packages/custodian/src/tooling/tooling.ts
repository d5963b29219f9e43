import { type AdapterTooling, verifyFence } from '@tse/core/admin';
import { createCustodianAdapter } from '../adapter.ts';
import { definition } from '../definition.ts';
import { states } from './states.ts';
import { verifyApprovals } from './approval-identity.ts';
import { verifyCustody } from './custody-identity.ts';
import { verifyHoldings } from './holdings-identity.ts';
import { seedCustodian } from './seed.ts';
import { verifySettlements } from './settlements-identity.ts';
import { verifyTransfers } from './transfer-identity.ts';

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = {
  definition,
  states,
  async seed({ options, progress }) {
    await using custodian = createCustodianAdapter(options);
    return await seedCustodian(custodian, progress); // awaited: the adapter closes when this block is left
  },
  async verify({ facts, factsOf, options, progress }) {
    progress('holdings');
    const holdings = await verifyHoldings(facts);
    progress('settlements');
    const settlements = await verifySettlements(facts);
    progress('transfers and approvals');
    const transfers = await verifyTransfers(facts);
    const approvals = await verifyApprovals(facts);
    const fence = await verifyFence(facts);
    progress('custody of the exchange');
    const custody = await verifyCustody(facts, options.instance, () => factsOf('exchange'));
    return [holdings, settlements, transfers, approvals, custody, fence];
  },
};
