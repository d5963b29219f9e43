import { keyFamilies } from '@tse/core';

/** Every Redis key family of the package, beside those that all adapters have. */
export const families = keyFamilies({
  balance: 'balance',
  orderBook: 'order-book',
  session: 'session',
  sessionGeneration: 'session-generation',
});
