import { type ServiceOptions, runService } from '@tse/core';
import { type ExchangeAdapter, createExchangeAdapter } from '@tse/exchange';

/** Resolves with the exit code when the service has ended. */
export const exchangeSimulator = (
  exchange = createExchangeAdapter(),
  options: Partial<ServiceOptions<{ exchange: ExchangeAdapter }>> = {},
) =>
  runService({ name: 'exchange-simulator', opsPort: 9464, adapters: { exchange }, ...options }, async (service) => {
    const lease = await service.adapters.exchange.leases.hold('matching/BTC-USD', { signal: service.signal });
    service.use(lease); // released on the way down, in reverse order
  });
