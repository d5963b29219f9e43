export { priceTimeEngine, type Depth, type DepthLevel, type PriceTimeEngine } from './engine/price-time.ts';
export type {
  CloseReason,
  Entry,
  Match,
  OpenOrder,
  PreventedMatch,
  SelfTradePrevention,
  Side,
} from './engine/orders.ts';
export { OUTSIDE, custodyAccountOf, openFor, openHouse } from './custody/custody-accounts.ts';
export { settlementOf } from './custody/trade-settlement.ts';
export { type AuditCorrelator, openAuditCorrelator } from './audit-correlator.ts';
export { type Checked, checkAdapters } from './invariants.ts';
export { marketTerms, type MarketTerms } from './participants/market-terms.ts';
export { aggTradePrints } from './prints/agg-trades.ts';
export type { Print, PrintSource } from './prints/print.ts';
export { sp500Prints } from './prints/sp500.ts';
export { type Survey, surveyPrints } from './prints/survey.ts';
export type { Invariant } from './report.ts';
export { fillsOf, updateOf } from './trading/venue-events.ts';
export { riskFillsOf } from './risk/venue-events.ts';
export { type AdapterName, type SevenAdapters, sevenAdapters } from './seven-adapters.ts';
