import { type AdapterTooling, type LoadContext, type Loaded, verifyFence } from '@tse/core/admin';
import { type MarketDataAdapter, createMarketDataAdapter } from '../adapter.ts';
import { definition } from '../definition.ts';
import { loadCandles } from './load-candles.ts';
import { loadTrades } from './load-trades.ts';
import { seedMarketData } from './seed.ts';
import { states } from './states.ts';
import { verifyTape } from './tape-identity.ts';
import { verifyCauses, verifyManipulations } from './truth-identities.ts';

export { type AggTrade, isAggTradeHeader, parseAggTrade } from './bulk-files/agg-trades.ts';
export { type Line, readLines } from './bulk-files/lines.ts';

const loading =
  (load: (marketData: MarketDataAdapter, context: LoadContext) => Promise<Loaded>) => async (context: LoadContext) => {
    await using marketData = createMarketDataAdapter(context.options);
    return await load(marketData, context); // awaited: the adapter closes when this block is left
  };

const manipulationSteps = `
  select format('step %s of manipulation %s', version, manipulation_id) as row, run_id, fence, recorded_at from facts_manipulation_transitions
  where run_id is not null and fence is not null`;

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = {
  definition,
  states,
  async seed({ options, progress }) {
    await using marketData = createMarketDataAdapter(options);
    return await seedMarketData(marketData, progress);
  },
  async verify({ facts, options, progress }) {
    await using marketData = createMarketDataAdapter(options);
    progress('tape');
    const tape = await verifyTape(facts, marketData);
    progress('causes and manipulations');
    const causes = await verifyCauses(facts);
    const manipulations = await verifyManipulations(facts);
    return [tape, causes, manipulations, await verifyFence(facts, [manipulationSteps])];
  },
  load: { trades: loading(loadTrades), candles: loading(loadCandles) },
};
