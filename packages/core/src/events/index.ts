export { type Decimal, anyAmount, nonNegativeAmount, positiveAmount } from '../values/decimal.ts';
export { assetInput, idInput, symbolInput } from '../values/id.ts';
export { type Instant, instantInput } from '../values/instant.ts';
export type { Identity } from '../pipe/identity.ts';
export {
  type Envelope,
  type Event,
  type EventCatalog,
  type EventDefinition,
  type EventOf,
  type EventType,
  type PayloadSchemas,
  defineEvents,
} from './event.ts';
export { type Feed, type FeedCause, type FeedEvent, definePriceFeed } from './price-feed.ts';
