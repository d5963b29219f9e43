import type { TradingAdapter } from '../adapter.ts';

const deployment = { deploymentId: 'seed-crossing', accountId: 'alice', venue: 'exchange' } as const;

/** Orders that were filled, in their sequence: side, quantity, price, why. */
const trades = [
  { side: 'buy', quantity: '0.5', price: '30000', tag: 'cross-up' },
  { side: 'buy', quantity: '0.25', price: '30100', tag: 'cross-up' },
  { side: 'sell', quantity: '0.5', price: '30500', exitReason: 'target' },
  { side: 'sell', quantity: '0.25', price: '30400', exitReason: 'cross-down' },
  { side: 'buy', quantity: '0.2', price: '30200', tag: 'cross-up' },
] as const;

/**
 * Development data: a strategy with two versions, a running deployment with signals, orders, fills and an equity curve, a completed
 * backtest and a study. Everything is named, so that running it again changes nothing.
 */
export async function seedTrading(
  trading: TradingAdapter,
  progress: (text: string) => void = () => {},
): Promise<Record<string, number>> {
  const { strategies, deployments, signals, orders, fills, portfolio, performance, backtests, studies } = trading;
  progress('strategies');
  await strategies.create({
    strategyId: 'crossing-averages',
    name: 'Crossing averages',
    kind: 'trend-following',
    symbols: ['BTC-USD'],
  });
  await strategies.publishVersion({
    strategyId: 'crossing-averages',
    codeHash: 'seed-1',
    params: { fast: 5, slow: 20 },
  });
  const { version } = await strategies.publishVersion({
    strategyId: 'crossing-averages',
    codeHash: 'seed-1',
    params: { fast: 8, slow: 30 },
    maxPosition: '2',
  });
  progress('deployment');
  const made = await deployments.create({
    ...deployment,
    strategyId: 'crossing-averages',
    strategyVersion: version,
    startingEquity: '100000',
  });
  const { epoch } = made.epoch > 0 ? made : await deployments.attach({ deploymentId: made.id, epoch: 0 });
  await deployments.report({ deploymentId: made.id, epoch, actual: 'running' });
  const { deploymentId, accountId, venue } = deployment;
  for (const [i, { side, quantity, price, ...why }] of trades.entries()) {
    const n = i + 1;
    const at = `2026-01-01T00:0${n}:00Z`;
    await signals.record({
      signalId: `seed-${n}`,
      deploymentId,
      epoch,
      symbol: 'BTC-USD',
      action: side,
      quantity,
      price,
      outcome: 'accepted',
      barAt: at,
    });
    const orderId = `seed-order-${n}`;
    await orders.submit({
      orderId,
      deploymentId,
      epoch,
      symbol: 'BTC-USD',
      side,
      type: 'market',
      quantity,
      signalId: `seed-${n}`,
      ...why,
    });
    const tradeId = `seed-trade-${n}`;
    const fee = { fee: '15', feeAsset: 'USD' };
    await fills.apply({
      venue,
      tradeId,
      orderId,
      tradeSequence: n,
      accountId,
      symbol: 'BTC-USD',
      side,
      price,
      quantity,
      ...fee,
      matchedAt: at,
    });
    await portfolio.mark([{ symbol: 'BTC-USD', price, at }]);
    // What was valued before stays: by now the marks are those of the end.
    const last = await portfolio.latest(deploymentId, { fresh: true });
    if (last === undefined || last.at < `2026-01-01T00:0${n}:00.000000Z`)
      await portfolio.snapshot({ deploymentId, at });
  }
  await performance.evaluate({ deploymentId, from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' });

  progress('backtest and study');
  const { backtest } = await backtests.start({
    backtestId: 'seed-backtest',
    strategyId: 'crossing-averages',
    strategyVersion: version,
    engineVersion: 'seed',
    dataSnapshot: 'seed',
    dataSha256: '0'.repeat(64),
    from: '2025-01-01T00:00:00Z',
    to: '2025-01-31T00:00:00Z',
    startingEquity: '100000',
  });
  if (backtest.status === 'running')
    await backtests.append({
      backtestId: backtest.id,
      trades: Array.from({ length: 20 }, (_, n) => ({
        n,
        symbol: 'BTC-USD',
        direction: n % 3 ? 'long' : 'short',
        quantity: '0.1',
        openPrice: '30000',
        closePrice: String(30_000 + ((n * 37) % 11) * 40 - 180),
        fees: '6',
        openedAt: `2025-01-${String(n + 1).padStart(2, '0')}T08:00:00Z`,
        closedAt: `2025-01-${String(n + 1).padStart(2, '0')}T16:00:00Z`,
      })),
    });
  await backtests.complete({ backtestId: backtest.id });
  await studies.create({
    studyId: 'seed-study',
    strategyId: 'crossing-averages',
    name: 'Fast and slow',
    objectives: [{ name: 'sharpe', direction: 'maximize' }],
  });
  const added = await studies.addTrials({
    studyId: 'seed-study',
    params: [5, 8, 13].map((fast) => ({ fast, slow: 30 })),
  });
  return {
    strategies: 1,
    deployments: 1,
    orders: trades.length,
    fills: trades.length,
    backtests: 1,
    trials: added.length,
  };
}
