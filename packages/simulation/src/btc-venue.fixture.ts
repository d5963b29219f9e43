import type { ExchangeAdapter } from '@tse/exchange';

export const symbol = 'BTC-USD';

/** Opens the market BTC-USD with fees, and accounts that have something. */
export async function openBtcVenue(
  { markets, accounts, ledger }: ExchangeAdapter,
  deposits: readonly (readonly [accountId: string, asset: string, amount: string])[],
): Promise<void> {
  await markets.registerAsset({ asset: 'BTC', scale: 8 });
  await markets.registerAsset({ asset: 'USD', scale: 10 });
  await markets.defineFees({ version: 2, tiers: [{ tier: 'standard', maker: '0.001', taker: '0.002' }] });
  await markets.open({ symbol, tickSize: '0.01', lotSize: '0.00000001', feeVersion: 2 });
  for (const [accountId, asset, amount] of deposits) {
    await accounts.open({ accountId, ownerId: accountId });
    await ledger.deposit({ reference: `${accountId}-${asset}`, accountId, asset, amount });
  }
}
