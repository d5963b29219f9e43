import { createTradingAdapter } from '@tse/trading';

/** A strategy's part: it says what it wants. Everything else is the adapter's. */
export async function firstPosition(trading = createTradingAdapter()) {
  const { strategies, deployments, orders, fills, positions, portfolio, performance } = trading;
  await strategies.create({ strategyId: 'breakout', name: 'Breakout', kind: 'momentum', symbols: ['BTC-USD'] });
  const { version } = await strategies.publishVersion({
    strategyId: 'breakout',
    codeHash: 'a1b2c3',
    params: { lookback: 20 },
  });
  await deployments.create({
    deploymentId: 'breakout-1',
    strategyId: 'breakout',
    strategyVersion: version,
    accountId: 'alice',
    startingEquity: '10000',
  });
  // Whoever ran it before is refused from now on.
  const { epoch } = await deployments.attach({ deploymentId: 'breakout-1' });

  // Written before the venue is asked, under an id that is the order's everywhere.
  const order = { deploymentId: 'breakout-1', epoch, symbol: 'BTC-USD', type: 'market' } as const;
  const buy = await orders.submit({ ...order, orderId: 'o1', side: 'buy', quantity: '0.1', tag: 'breakout' });
  const sell = await orders.submit({ ...order, orderId: 'o2', side: 'sell', quantity: '0.04', exitReason: 'target' });

  // As the venue tells them: twice, late or out of order, each counts once and in its sequence.
  const fill = { venue: 'exchange', accountId: 'alice', symbol: 'BTC-USD', feeAsset: 'USD' } as const;
  await fills.applyAll([
    {
      ...fill,
      tradeId: 't2',
      tradeSequence: 2,
      orderId: sell.id,
      side: 'sell',
      price: '31000',
      quantity: '0.04',
      fee: '1.24',
      matchedAt: '2026-01-01T00:02:00Z',
    },
    {
      ...fill,
      tradeId: 't1',
      tradeSequence: 1,
      orderId: buy.id,
      side: 'buy',
      price: '30000',
      quantity: '0.1',
      fee: '3',
      matchedAt: '2026-01-01T00:01:00Z',
    },
  ]);
  await portfolio.mark([{ symbol: 'BTC-USD', price: '31500', at: '2026-01-01T00:03:00Z' }]);

  const [position] = await positions.listOpen('breakout-1');
  const { equity } = await portfolio.snapshot({ deploymentId: 'breakout-1', at: '2026-01-01T00:03:00Z' });
  const metrics = await performance.evaluate({
    deploymentId: 'breakout-1',
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-01T00:03:00Z',
  });
  return { position, equity, metrics }; // 0.06 BTC; 10000 + 40 − 4.24 realized + 90 unrealized = 10125.76
}
