import { createExchangeAdapter } from '@tse/exchange';

/** An engine's part: it says who meets whom at which price. Everything else is the adapter's. */
export async function firstTrade(exchange = createExchangeAdapter()) {
  const { markets, accounts, ledger, orders, matches, leases } = exchange;
  await markets.registerAsset({ asset: 'BTC', scale: 8 });
  await markets.registerAsset({ asset: 'USD', scale: 10 });
  await markets.defineFees({ version: 2, tiers: [{ tier: 'standard', maker: '0.001', taker: '0.002' }] });
  await markets.open({ symbol: 'BTC-USD', tickSize: '0.01', lotSize: '0.00000001', feeVersion: 2 });

  for (const accountId of ['alice', 'bob']) await accounts.open({ accountId, ownerId: accountId });
  await ledger.deposit({ reference: 'wire-1', accountId: 'alice', asset: 'USD', amount: '10000' });
  await ledger.deposit({ reference: 'wire-2', accountId: 'bob', asset: 'BTC', amount: '1' });

  // One engine a market: whoever held the lease before is refused from now on.
  await using lease = await leases.hold('matching/BTC-USD');
  const limit = { symbol: 'BTC-USD', type: 'limit', quantity: '0.1' } as const;
  const sell = await orders.place({ ...limit, accountId: 'bob', clientOrderId: 'b1', side: 'sell', price: '29900' });
  const buy = await orders.place({ ...limit, accountId: 'alice', clientOrderId: 'a1', side: 'buy', price: '30000' });

  // At the maker's price. Were the reply lost, the same call again would answer the same trade.
  const match = {
    tradeId: 't1',
    symbol: 'BTC-USD',
    makerOrderId: sell.id,
    takerOrderId: buy.id,
    price: '29900',
    quantity: '0.1',
  };
  const [trade] = await matches.settle([match], { lease });
  if (!trade?.ok) throw trade?.error ?? new Error('nothing was settled');

  const { balances } = await exchange.getAccountPortfolio('alice');
  return { trade: trade.value, balances }; // 0.1 BTC, and 10000 − 2990 − 5.98 = 7004.02 USD
}
