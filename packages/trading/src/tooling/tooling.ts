import { type AdapterTooling, verifyFence } from '@tse/core/admin';
import { createTradingAdapter } from '../adapter.ts';
import { definition } from '../definition.ts';
import { loadBacktest } from './load-backtest.ts';
import { states } from './states.ts';
import { verifyPositions } from './positions-identity.ts';
import { seedTrading } from './seed.ts';
import { verifyVenue } from './venue-identity.ts';

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = {
  definition,
  states,
  async seed({ options, progress }) {
    await using trading = createTradingAdapter(options);
    return await seedTrading(trading, progress); // awaited: the adapter closes when this block is left
  },
  async verify({ facts, factsOf, progress }) {
    progress('positions');
    const positions = await verifyPositions(facts);
    const fence = await verifyFence(facts);
    progress('positions at the exchange');
    return [positions, await verifyVenue(facts, () => factsOf('exchange')), fence];
  },
  load: {
    async backtest(context) {
      await using trading = createTradingAdapter(context.options);
      return await loadBacktest(trading, context);
    },
  },
};
