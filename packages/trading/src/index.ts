export { type TradingAdapter, createTradingAdapter } from './adapter.ts';
export { definition } from './definition.ts';
