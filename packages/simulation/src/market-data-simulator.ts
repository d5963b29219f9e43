import { type Clock, type Instant, decimal, instant, withContext } from '@tse/core';
import {
  type MarketDataAdapter,
  type RecordQuotes,
  type TickInput,
  type TradeInput,
  manipulatedPrice,
} from '@tse/market-data';
import type { FaultHandlers } from './fault-targets.ts';
import { fromUnits, toUnits } from './fixed-point.ts';
import { type Effect, type EffectsSince, manipulationsInForce } from './market/manipulations-in-force.ts';
import { type PeggedPrice, openPeggedPrice } from './market/pegged-price.ts';
import type { Print } from './prints/print.ts';
import type { Survey } from './prints/survey.ts';
import { repeatUnknown } from './repeat-unknown.ts';
import type { FeedPlace } from './turns.ts';

/** What a simulator has recorded so far. */
export interface TapeTally {
  trades: number;
  ticks: number;
  quotes: number;
}

/**
 * Tells the market's data of one symbol: each print as a trade, as it was, and as a tick with the quotes around it, as manipulated; and
 * the price of a stablecoin beside it.
 */
export interface MarketDataSimulator extends AsyncDisposable {
  readonly tally: Readonly<TapeTally>;
  /** What was told last of each symbol. */
  readonly told: ReadonlyMap<string, FeedPlace>;
  /** Prices that are shifted: `depeg`, `price-crash`, `price-shift`, and of one of two sources `price-divergence`. */
  readonly faults: FaultHandlers;
  /** Records prints, in the sequence of their source; those that were recorded before are nothing new. */
  replay(prints: readonly Print[]): Promise<void>;
  /** Tells what the prices are now, where there is no print: the stablecoin's next one, and the market's while it is manipulated. */
  tell(): Promise<void>;
  /** Does all that is due at the clock's time: closes every candle whose bucket is over. */
  drain(): Promise<void>;
}

export interface MarketDataSimulation {
  readonly survey: Pick<Survey, 'symbol' | 'tickSize' | 'lotSize'>;
  readonly clock: Clock;
  /** Whose trades and prices these are. */
  readonly venue?: string;
  /** The stablecoin, with the seed that it moves by. */
  readonly peg?: { readonly symbol: string; readonly seed: string };
}

export const TAPE_VENUE = 'tape';
/** Prices between two prints, and those of a second venue that tells the same. */
const INDICATIVE = 'indicative';
const MIRROR = 'mirror';
/** How far the sources of a price may be apart, as a share of it. */
const APART = '0.01';

/** Registers the instrument and answers who replays it. It keeps nothing: another one goes on where this one ended. */
export async function openMarketDataSimulator(
  marketData: MarketDataAdapter,
  { survey: { symbol, tickSize, lotSize }, clock, venue = TAPE_VENUE, peg }: MarketDataSimulation,
): Promise<MarketDataSimulator> {
  const { priceScale } = await marketData.instruments.register({ symbol, tickSize, stepSize: lotSize });
  const tally: TapeTally = { trades: 0, ticks: 0, quotes: 0 };
  const tick = toUnits(tickSize);
  const told = new Map<string, FeedPlace>();
  const inForce = manipulationsInForce(marketData);
  const pegged: PeggedPrice | undefined = peg && (await openPeggedPrice(marketData, peg));
  let last: Print | undefined;
  /** Business time up to which everything is told. */
  let toldUpTo = instant.of(clock.now());
  /** Ticks that are no prints. */
  let between = 0;
  let isApart = false;
  let wasManipulated = false;

  /** Who bought paid the ask, who sold took the bid; the other side is a tick away. None where that would be nothing. */
  function sidesOf({ price, taker }: Pick<Print, 'price' | 'taker'>): { bid: string; ask: string } | undefined {
    const units = toUnits(price);
    const [bid, ask] = taker === 'buy' ? [units - tick, units] : [units, units + tick];
    return bid > 0n ? { bid: fromUnits(bid), ask: fromUnits(ask) } : undefined;
  }
  const as = (print: Print, { modifier }: Effect): Print => ({
    ...print,
    price: manipulatedPrice(decimal.of(print.price), modifier, priceScale) ?? print.price,
  });
  const tickOf = (print: Print, source: string, sequence: number, eventAt: string): TickInput => ({
    symbol,
    source,
    eventAt,
    sequence,
    price: print.price,
    ...sidesOf(print),
  });
  function quoteOf(print: Print): RecordQuotes {
    const sides = sidesOf(print);
    const { at, sequence, quantity } = print;
    if (sides === undefined) return [];
    return [{ symbol, source: venue, eventAt: at, sequence, ...sides, bidQuantity: quantity, askQuantity: quantity }];
  }
  async function record(ticks: readonly TickInput[], { because }: Pick<Effect, 'because'>): Promise<number> {
    const outcomes = await withContext(because, () =>
      repeatUnknown(() => marketData.prices.record(ticks), `${venue}/${symbol}`),
    );
    for (const { symbol: of, source, sequence } of ticks) told.set(of, { source, sequence });
    return outcomes.filter((outcome) => outcome === 'recorded').length;
  }

  /** A second venue tells its price before the tape does, where it has one of its own; where both are far apart, that is a finding. */
  async function mirror(print: Print, effects: EffectsSince, at: string): Promise<void> {
    const [theirs, ours] = (['mirror', 'tape'] as const).map((source) => effects.at(at, source));
    const isOfItsOwn = theirs!.manipulations.length > ours!.manipulations.length;
    if (!isOfItsOwn && !isApart) return;
    const [seen, told] = [as(print, theirs!), as(print, ours!)];
    between += 1;
    await record([tickOf(seen, MIRROR, between, at)], theirs!);
    const difference = decimal.abs(decimal.minus(seen.price, told.price));
    const wasApart = isApart;
    isApart = decimal.compare(difference, decimal.times(told.price, APART)) > 0;
    if (!isApart || wasApart) return;
    await withContext(theirs!.because, () =>
      marketData.quality.report({
        symbol,
        kind: 'outlier',
        series: `ticks/${MIRROR}`,
        from: at,
        to: instant.plusMillis(instant.of(at), 1),
        evidence: { [MIRROR]: seen.price, [venue]: told.price },
      }),
    );
  }

  async function replay(prints: readonly Print[]): Promise<void> {
    const [first, latest] = [prints[0], prints.at(-1)];
    if (first === undefined || latest === undefined) return;
    const recorded = await repeatUnknown(
      () =>
        marketData.trades.record({
          venue,
          symbol,
          trades: prints.map(tradeOf),
          covers: { from: first.at, to: latest.at },
        }),
      `${venue}/${symbol}`,
    );
    if (recorded.rejected.length > 0)
      throw new Error(`print ${prints[recorded.rejected[0]!.index]!.id} is no trade: ${recorded.rejected[0]!.code}`);
    tally.trades += recorded.inserted;
    const effects = await inForce.since(symbol, toldUpTo);
    const manipulated = prints.map((print) => as(print, effects.at(print.at, 'tape')));
    await mirror(latest, effects, latest.at);
    tally.ticks += await record(
      manipulated.map((print) => tickOf(print, venue, print.sequence, print.at)),
      effects.at(latest.at, 'tape'),
    );
    last = latest;
    wasManipulated = effects.at(latest.at, 'tape').manipulations.length > 0;
    const quotes = manipulated.flatMap(quoteOf);
    if (quotes.length === 0) return;
    const quoted = await repeatUnknown(() => marketData.quotes.record(quotes), `${venue}/${symbol}`);
    tally.quotes += quoted.filter((outcome) => outcome === 'recorded').length;
  }

  /** The market's own price, where there is no print: only while it is manipulated, and once after. */
  async function tellMarket(at: Instant): Promise<void> {
    if (last === undefined || last.at >= at) return;
    const effects = await inForce.since(symbol, toldUpTo);
    const effect = effects.at(at, 'tape');
    await mirror(last, effects, at);
    if (effect.manipulations.length === 0 && !wasManipulated && !isApart) return;
    wasManipulated = effect.manipulations.length > 0;
    between += 1;
    await record([tickOf(as(last, effect), INDICATIVE, between, at)], effect);
  }

  async function tell(): Promise<void> {
    const at = instant.of(clock.now());
    await tellMarket(at);
    if (pegged !== undefined) {
      const effect = (await inForce.since(pegged.symbol, toldUpTo)).at(at, 'tape');
      const { price, sequence } = await pegged.move(at, effect.modifier, effect.manipulations);
      await record([{ symbol: pegged.symbol, source: 'scenario', eventAt: at, sequence, price }], effect);
    }
    toldUpTo = at;
  }

  const drain = () => marketData.catchUp();
  return { tally, told, faults: inForce.faults, replay, tell, drain, [Symbol.asyncDispose]: drain };
}

const tradeOf = ({ id, price, quantity, taker, at, sequence }: Print): TradeInput => ({
  tradeId: id,
  eventAt: at,
  sequence,
  price,
  quantity,
  takerSide: taker,
});
