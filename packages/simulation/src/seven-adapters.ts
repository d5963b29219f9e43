import { createAuditAdapter } from '@tse/audit';
import { createCustodianAdapter } from '@tse/custodian';
import { createExchangeAdapter } from '@tse/exchange';
import { createMarketDataAdapter } from '@tse/market-data';
import { createRiskAdapter } from '@tse/risk';
import { createTestCoordinatorAdapter } from '@tse/test-coordinator';
import type { AdapterFactory } from '@tse/testkit';
import { createTradingAdapter } from '@tse/trading';

/** What makes each of the seven adapters. */
export const sevenAdapters = {
  marketData: createMarketDataAdapter,
  exchange: createExchangeAdapter,
  custodian: createCustodianAdapter,
  risk: createRiskAdapter,
  trading: createTradingAdapter,
  testCoordinator: createTestCoordinatorAdapter,
  audit: createAuditAdapter,
} satisfies Record<string, AdapterFactory>;

export type AdapterName = keyof typeof sevenAdapters;
export type SevenAdapters = { readonly [Name in AdapterName]: ReturnType<(typeof sevenAdapters)[Name]> };
