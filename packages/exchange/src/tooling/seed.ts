import type { ExchangeAdapter } from '../adapter.ts';

const assets = [
  { asset: 'BTC', scale: 8, name: 'Bitcoin' },
  { asset: 'ETH', scale: 8, name: 'Ether' },
  { asset: 'USD', scale: 10, name: 'US dollar' },
  { asset: 'USDT', scale: 10, name: 'Tether' },
];
const markets = [
  { symbol: 'BTC-USD', tickSize: '0.01', lotSize: '0.00000001', minNotional: '1' },
  { symbol: 'ETH-USD', tickSize: '0.01', lotSize: '0.00000001', minNotional: '1' },
  { symbol: 'BTC-USDT', tickSize: '0.01', lotSize: '0.00000001', minNotional: '1' },
  { symbol: 'ETH-USDT', tickSize: '0.01', lotSize: '0.00000001', minNotional: '1' },
  { symbol: 'USDT-USD', tickSize: '0.0001', lotSize: '0.000001', minNotional: '1' },
];
const customers = ['alice', 'bob', 'carol'];
const funds = { BTC: '10', ETH: '100', USD: '1000000', USDT: '1000000' };

/**
 * Development data: the usual assets and markets, customers with balances, one with a sub-account. Everything is named, so that
 * running it again changes nothing.
 */
export async function seedExchange(
  exchange: ExchangeAdapter,
  progress: (text: string) => void = () => {},
): Promise<Record<string, number>> {
  progress('assets and markets');
  for (const asset of assets) await exchange.markets.registerAsset(asset);
  await exchange.markets.defineFees({ version: 2, tiers: [{ tier: 'standard', maker: '0.001', taker: '0.002' }] });
  for (const market of markets) await exchange.markets.open({ ...market, feeVersion: 2 });

  progress('accounts and balances');
  for (const accountId of customers) {
    await exchange.accounts.open({ accountId, ownerId: accountId });
    await exchange.accounts.decideKyc({ accountId, kycStatus: 'approved' });
    for (const [asset, amount] of Object.entries(funds)) {
      await exchange.ledger.deposit({
        reference: `seed-${accountId}-${asset}`,
        accountId,
        asset,
        amount,
        at: '2026-01-01T00:00:00Z',
      });
    }
  }
  await exchange.accounts.open({ accountId: 'alice/strategy', parentId: 'alice', ownerId: 'alice' });
  await exchange.ledger.transfer({
    reference: 'seed-alice-strategy',
    from: { accountId: 'alice' },
    to: { accountId: 'alice/strategy', parentId: 'alice' },
    asset: 'USD',
    amount: '1000',
    at: '2026-01-01T00:00:00Z',
  });
  return { assets: assets.length, markets: markets.length, accounts: customers.length + 1 };
}
