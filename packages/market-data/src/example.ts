import { createMarketDataAdapter } from '@tse/market-data';

/** A feed's part: it says what a venue told. Candles, their closing and late corrections are the adapter's. */
export async function firstCandles(marketData = createMarketDataAdapter()) {
  const { instruments, prices, trades, candles } = marketData;
  await instruments.register({ symbol: 'BTC-USD', tickSize: '0.01', stepSize: '0.00000001' });

  // Live: in Redis when the call answers, in PostgreSQL soon after. What came before, or twice, is told as stale.
  const tick = { symbol: 'BTC-USD', source: 'exchange', eventAt: '2026-01-01T00:00:30Z', bid: '29999', ask: '30001' };
  await prices.record([
    { ...tick, sequence: 1, price: '30000' },
    { ...tick, sequence: 2, price: '30000.5' },
  ]);
  const { price } = await prices.get({ symbol: 'BTC-USD' });

  // The tape: any order, late or twice, each trade counts once. Were the reply lost, the same call again would be safe.
  const tape = { venue: 'exchange', symbol: 'BTC-USD' };
  const trade = (tradeId: string, eventAt: string, at: string) => ({ tradeId, eventAt, price: at, quantity: '0.5' });
  await trades.record({
    ...tape,
    trades: [trade('1', '2026-01-01T00:00:10Z', '29900'), trade('2', '2026-01-01T00:00:50Z', '30100')],
  });
  await candles.build({ symbol: 'BTC-USD', source: 'exchange', until: '2026-01-01T00:05:00Z' }); // a worker does so all the time
  await trades.record({ ...tape, trades: [trade('3', '2026-01-01T00:00:05Z', '29800')] }); // late: its candles are made anew
  await candles.recompute();

  const [minute] = await candles.range({
    symbol: 'BTC-USD',
    interval: '1m',
    source: 'exchange',
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-01T01:00:00Z',
  });
  return { price, minute }; // 29800 → 30100, 1.5 BTC, its second revision
}
