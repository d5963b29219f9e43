import type { MarketDataAdapter } from '../adapter.ts';

const instruments = ['BTC-USD', 'ETH-USD', 'BTC-USDT', 'ETH-USDT'].map((symbol) => ({
  symbol,
  tickSize: '0.01',
  stepSize: '0.00000001',
  minNotional: '1',
}));
const stablecoin = { symbol: 'USDT-USD', tickSize: '0.0001', stepSize: '0.000001', minNotional: '1' };

const VENUE = 'exchange';
const START = Date.parse('2026-01-01T00:00:00Z');
const TRADES = 720;
const EVERY_MS = 10_000;

/** A price that wanders the same way each time: two waves of different length. */
const priceAt = (base: number, i: number) =>
  (base * (1 + 0.01 * Math.sin(i / 40) + 0.003 * Math.sin(i / 7))).toFixed(2);

/**
 * Development data: the usual instruments, two hours of trades with the candles they make, and a price scenario. Everything is named, so that
 * running it again changes nothing.
 */
export async function seedMarketData(
  marketData: MarketDataAdapter,
  progress: (text: string) => void = () => {},
): Promise<Record<string, number>> {
  progress('instruments');
  for (const instrument of [...instruments, stablecoin]) await marketData.instruments.register(instrument);

  progress('trades and candles');
  const until = new Date(START + TRADES * EVERY_MS);
  let candles = 0;
  for (const [symbol, base] of [
    ['BTC-USD', 30_000],
    ['ETH-USD', 3000],
  ] as const) {
    const trades = Array.from({ length: TRADES }, (_, i) => ({
      tradeId: `seed-${i}`,
      eventAt: new Date(START + i * EVERY_MS),
      sequence: i,
      price: priceAt(base, i),
      quantity: (0.01 + (i % 17) / 100).toFixed(2),
      takerSide: i % 3 === 0 ? ('sell' as const) : ('buy' as const),
    }));
    await marketData.trades.record({ venue: VENUE, symbol, trades, covers: { from: trades[0]!.eventAt, to: until } });
    await marketData.candles.build({ symbol, source: VENUE, until });
    const range = { from: new Date(START), to: until };
    candles += (await marketData.candles.range({ symbol, interval: '1m', source: VENUE, ...range })).length;
  }

  progress('price scenarios');
  await marketData.scenarios.define({
    scenarioId: 'flash-crash',
    name: 'Bitcoin falls and comes half way back',
    spec: {
      type: 'crash',
      model: 'brownian-motion',
      symbols: [{ symbol: 'BTC-USD', startPrice: '30000', volatility: 0.02 }],
      duration: 'PT10M',
      step: 'PT1S',
      recoveryFactor: 0.5,
    },
  });
  return { instruments: instruments.length + 1, trades: 2 * TRADES, candles, scenarios: 1 };
}
