import type { AdapterTooling, LoadContext, Loaded } from '@tse/core/admin';
import { type MarketDataAdapter, createMarketDataAdapter } from '../adapter.ts';
import { definition } from '../definition.ts';
import { loadCandles } from './load-candles.ts';
import { loadTrades } from './load-trades.ts';
import { seedMarketData } from './seed.ts';
import { verifyTape } from './tape-identity.ts';
import { verifyCauses, verifyManipulations } from './truth-identities.ts';

export { type AggTrade, isAggTradeHeader, parseAggTrade } from './bulk-files/agg-trades.ts';
export { type Line, readLines } from './bulk-files/lines.ts';

const loading =
  (load: (marketData: MarketDataAdapter, context: LoadContext) => Promise<Loaded>) => async (context: LoadContext) => {
    await using marketData = createMarketDataAdapter(context.options);
    return await load(marketData, context); // awaited: the adapter closes when this block is left
  };

/** What the command `tse` does with this adapter. */
export const tooling: AdapterTooling = {
  definition,
  async seed({ options, progress }) {
    await using marketData = createMarketDataAdapter(options);
    return await seedMarketData(marketData, progress);
  },
  async verify({ facts, options, progress }) {
    await using marketData = createMarketDataAdapter(options);
    progress('tape');
    const tape = await verifyTape(facts, marketData);
    progress('causes and manipulations');
    return [tape, await verifyCauses(facts), await verifyManipulations(facts)];
  },
  load: { trades: loading(loadTrades), candles: loading(loadCandles) },
};
