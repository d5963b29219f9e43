import type { Clock } from '@tse/core';
import type { MarketDataAdapter, RecordQuotes, TickInput, TradeInput } from '@tse/market-data';
import { fromUnits, toUnits } from './fixed-point.ts';
import type { Print } from './prints/print.ts';
import type { Survey } from './prints/survey.ts';
import { repeatUnknown } from './repeat-unknown.ts';

/** What a simulator has recorded so far. */
export interface TapeTally {
  trades: number;
  ticks: number;
  quotes: number;
}

/** Tells the market's data of one symbol: each print as a trade and as a tick with the quotes around it. */
export interface MarketDataSimulator extends AsyncDisposable {
  readonly tally: Readonly<TapeTally>;
  /** Records prints, in the sequence of their source; those that were recorded before are nothing new. */
  replay(prints: readonly Print[]): Promise<void>;
  /** Closes every candle whose bucket is over at the clock's time. */
  drain(): Promise<void>;
}

export interface MarketDataSimulation {
  readonly survey: Pick<Survey, 'symbol' | 'tickSize' | 'lotSize'>;
  readonly clock: Clock;
  /** Whose trades and prices these are. */
  readonly venue?: string;
}

export const TAPE_VENUE = 'tape';

/** Registers the instrument and answers who replays it. It keeps nothing: another one goes on where this one ended. */
export async function openMarketDataSimulator(
  marketData: MarketDataAdapter,
  { survey: { symbol, tickSize, lotSize }, clock, venue = TAPE_VENUE }: MarketDataSimulation,
): Promise<MarketDataSimulator> {
  await marketData.instruments.register({ symbol, tickSize, stepSize: lotSize });
  const tally: TapeTally = { trades: 0, ticks: 0, quotes: 0 };
  const tick = toUnits(tickSize);

  /** Who bought paid the ask, who sold took the bid; the other side is a tick away. None where that would be nothing. */
  function sidesOf({ price, taker }: Print): { bid: string; ask: string } | undefined {
    const units = toUnits(price);
    const [bid, ask] = taker === 'buy' ? [units - tick, units] : [units, units + tick];
    return bid > 0n ? { bid: fromUnits(bid), ask: fromUnits(ask) } : undefined;
  }
  const tickOf = (print: Print): TickInput => ({
    symbol,
    source: venue,
    eventAt: print.at,
    sequence: print.sequence,
    price: print.price,
    ...sidesOf(print),
  });
  function quoteOf(print: Print): RecordQuotes {
    const sides = sidesOf(print);
    const { at, sequence, quantity } = print;
    if (sides === undefined) return [];
    return [{ symbol, source: venue, eventAt: at, sequence, ...sides, bidQuantity: quantity, askQuantity: quantity }];
  }

  async function replay(prints: readonly Print[]): Promise<void> {
    const [first, last] = [prints[0], prints.at(-1)];
    if (first === undefined || last === undefined) return;
    const recorded = await repeatUnknown(
      () =>
        marketData.trades.record({
          venue,
          symbol,
          trades: prints.map(tradeOf),
          covers: { from: first.at, to: last.at },
        }),
      `${venue}/${symbol}`,
    );
    if (recorded.rejected.length > 0)
      throw new Error(`print ${prints[recorded.rejected[0]!.index]!.id} is no trade: ${recorded.rejected[0]!.code}`);
    tally.trades += recorded.inserted;
    const outcomes = await repeatUnknown(() => marketData.prices.record(prints.map(tickOf)), `${venue}/${symbol}`);
    tally.ticks += outcomes.filter((outcome) => outcome === 'recorded').length;
    const quotes = prints.flatMap(quoteOf);
    if (quotes.length === 0) return;
    const quoted = await repeatUnknown(() => marketData.quotes.record(quotes), `${venue}/${symbol}`);
    tally.quotes += quoted.filter((outcome) => outcome === 'recorded').length;
  }

  async function drain(): Promise<void> {
    await marketData.candles.build({ symbol, source: venue, until: clock.now() });
    while ((await marketData.candles.recompute()) > 0);
  }

  return { tally, replay, drain, [Symbol.asyncDispose]: drain };
}

const tradeOf = ({ id, price, quantity, taker, at, sequence }: Print): TradeInput => ({
  tradeId: id,
  eventAt: at,
  sequence,
  price,
  quantity,
  takerSide: taker,
});
