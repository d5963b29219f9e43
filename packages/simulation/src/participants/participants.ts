import type { Side } from '../engine/orders.ts';
import { fromUnits, toUnits } from '../fixed-point.ts';
import type { Print } from '../prints/print.ts';
import { drawsOf } from './draws.ts';
import type { MarketTerms } from './market-terms.ts';
import { ACCOUNTS, type SimulatedOrder, type Step } from './orders.ts';
import { RestingQuotes } from './resting-quotes.ts';
import { runsOf } from './runs.ts';

const LONGEST_RUN = 16;

/**
 * Turns prints into what eight accounts do, the same for the same prints: a maker rests at the price of each run of
 * prints and a taker comes for each print, so that matching by price and time trades every print exactly once, at its
 * price and quantity. Around them stand quotes away from the touch, makers filled in part, rests of takers that wanted
 * more; what would stand in the way of a later price is taken back before it. Some of it rests at the end.
 */
export async function* stepsOf(prints: AsyncIterable<Print>, market: MarketTerms): AsyncGenerator<Step> {
  const quotes = new RestingQuotes();
  for await (const run of runsOf(prints, LONGEST_RUN)) yield* stepsOfRun(run, market, quotes);
}

function* stepsOfRun(run: readonly [Print, ...Print[]], market: MarketTerms, quotes: RestingQuotes): Generator<Step> {
  const [first] = run;
  const ticks = toUnits(first.price, market.priceScale);
  const draw = drawsOf(first.id);
  const makerIndex = draw(ACCOUNTS.length);
  const quantity = run.reduce((sum, print) => sum + toUnits(print.quantity, market.quantityScale), 0n);
  const surplus = draw(5) === 0 ? share(quantity, 1 + draw(50)) : 0n;
  const maker = limitOrder(
    first,
    'maker',
    makerIndex,
    first.taker === 'buy' ? 'sell' : 'buy',
    ticks,
    quantity + surplus,
    market,
  );

  for (const print of run) {
    const isLast = print === run.at(-1);
    const cancel = print === first ? quotes.takeInTheWayOf(ticks) : [];
    // Only where nothing of the maker is left may a taker want more than its print: what it gets is the print.
    const taker = takerOf(print, makerIndex, isLast && surplus === 0n, market);
    const around = isLast && draw(3) === 0 ? quotesAround(print, ticks, market) : [];

    if (isLast && surplus > 0n) quotes.add(maker, ticks);
    if (taker.rests) quotes.add(taker.order, ticks);
    for (const quote of around) quotes.add(quote.order, quote.ticks);
    yield {
      print,
      cancel: [...cancel, ...quotes.takeSurplus()],
      endsRun: isLast,
      place: [...(print === first ? [maker] : []), taker.order, ...around.map(({ order }) => order)],
    };
  }
}

/** Seldom a market order or a fill-or-kill, mostly a limit at the print's price; some of those want more. */
function takerOf(
  print: Print,
  makerIndex: number,
  mayWantMore: boolean,
  market: MarketTerms,
): { order: SimulatedOrder; rests: boolean } {
  const draw = drawsOf(`${print.id} taker`);
  const accountIndex = makerIndex + 1 + draw(ACCOUNTS.length - 1);
  const ticks = toUnits(print.price, market.priceScale);
  const quantity = toUnits(print.quantity, market.quantityScale);
  const kind = draw(20);
  const more = mayWantMore && kind >= 5 && kind < 9 ? share(quantity, 1 + draw(25)) : 0n;
  const limit = limitOrder(print, 'taker', accountIndex, print.taker, ticks, quantity + more, market);
  if (kind >= 5)
    return kind % 2 === 0
      ? { order: limit, rests: more > 0n }
      : { order: { ...limit, timeInForce: 'ioc' }, rests: false };
  if (kind >= 3) return { order: { ...limit, timeInForce: 'fok' }, rests: false };
  const { price: _, ...unlimited } = limit;
  const budget =
    print.taker === 'buy' ? { quoteBudget: fromUnits(ticks * quantity, market.priceScale + market.quantityScale) } : {};
  return { order: { ...unlimited, type: 'market', timeInForce: 'ioc', ...budget }, rests: false };
}

/** A bid and an ask, a tenth of a percent to two percent away; a price so low that nothing is below it has no bid. */
function quotesAround(print: Print, ticks: bigint, market: MarketTerms): { order: SimulatedOrder; ticks: bigint }[] {
  const draw = drawsOf(`${print.id} quotes`);
  const quantity = toUnits(print.quantity, market.quantityScale);
  return (['buy', 'sell'] as const).flatMap((side) => {
    const distance = 1n + (ticks * BigInt(1 + draw(20))) / 1000n;
    const at = side === 'buy' ? ticks - distance : ticks + distance;
    const order = limitOrder(
      print,
      side === 'buy' ? 'bid' : 'ask',
      draw(ACCOUNTS.length),
      side,
      at,
      share(quantity, 10 + draw(91)),
      market,
    );
    return at > 0n ? [{ order: { ...order, postOnly: true }, ticks: at }] : [];
  });
}

function limitOrder(
  print: Print,
  role: string,
  accountIndex: number,
  side: Side,
  ticks: bigint,
  lots: bigint,
  market: MarketTerms,
): SimulatedOrder {
  return {
    clientOrderId: `${print.id}/${role}`,
    accountId: ACCOUNTS[accountIndex % ACCOUNTS.length]!,
    symbol: market.symbol,
    side,
    type: 'limit',
    timeInForce: 'gtc',
    price: fromUnits(ticks, market.priceScale),
    quantity: fromUnits(lots, market.quantityScale),
  };
}

/** `percent` of some lots, at least one. */
function share(lots: bigint, percent: number): bigint {
  return (lots * BigInt(percent)) / 100n || 1n;
}
