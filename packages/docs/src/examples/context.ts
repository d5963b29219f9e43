import { withContext } from '@tse/core';
import type { ExchangeAdapter, PlaceOrder } from '@tse/exchange';

export const placeForAlice = (exchange: ExchangeAdapter, order: PlaceOrder) =>
  withContext({ correlationId: 'request-1', actor: 'alice' }, () => exchange.orders.place(order));
