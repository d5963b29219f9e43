export { type MarketDataAdapter, createMarketDataAdapter } from './adapter.ts';
export { definition } from './definition.ts';
