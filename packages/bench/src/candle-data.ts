import type { CandleInput, MarketDataAdapter } from '@tse/market-data';
import type { StageOf } from './stage.ts';

export type MarketStage = StageOf<MarketDataAdapter>;

const START = Date.UTC(2024, 0, 1);

/** Candles of a minute each, with all that an exchange's bulk file tells. */
export const candlesFrom = (first: number, count: number): CandleInput[] =>
  Array.from({ length: count }, (_, i) => {
    const cents = 3_000_000 + ((i * 7919) % 10_007);
    const price = (offset: number) =>
      `${Math.floor((cents + offset) / 100)}.${String((cents + offset) % 100).padStart(2, '0')}`;
    return {
      openTime: new Date(START + (first + i) * 60_000),
      open: price(0),
      high: price(150),
      low: price(-150),
      close: price(11),
      baseVolume: `${i % 97}.${String(10_000_000 + i).slice(-8)}`,
      quoteVolume: `${(i % 97) * 30_000}.${String(10_000_000 + i).slice(-8)}`,
      takerBaseVolume: `${Math.floor((i % 97) / 2)}.5`.replace(/^0\.5$/, '0'),
      takerQuoteVolume: `${(i % 97) * 10_000}`,
      tradeCount: i % 1000,
    };
  });
