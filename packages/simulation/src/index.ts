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
