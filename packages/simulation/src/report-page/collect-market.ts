import { type Decimal, type Instant, decimal, instant } from '@tse/core';
import type { ExchangeAdapter } from '@tse/exchange';
import type { Manipulation, MarketDataAdapter, PriceMove } from '@tse/market-data';
import type { Span } from './around.ts';
import type { CauseSpan, Causes, Depth, ManipulationSpan, Point, PriceLine } from './run-page.ts';
import { sampled, take } from './sampled.ts';

const MOST_READ = 50_000;
const MOST_POINTS = 800;
const MOST_SPANS = 60;
const LARGEST_MOVES = 10;
const DEPTH_LEVELS = 100;
const MOST_MARKETS = 6;
const PAGE = 1000;

const valueOf = ([, value]: Point): number => Number(value);

/** What sources told of a symbol: what is archived, and what is still to be. */
export async function priceLines(marketData: MarketDataAdapter, symbols: readonly string[]): Promise<PriceLine[]> {
  const lines: PriceLine[] = [];
  for (const symbol of symbols) {
    const recent = (await marketData.prices.recent({ symbol, limit: PAGE })).toReversed();
    for (const { source } of await marketData.prices.listSources(symbol)) {
      const { items, cut } = await take(marketData.prices.list({ symbol, source, limit: PAGE }), MOST_READ);
      const last = items.at(-1)?.sequence ?? -1;
      const newer = cut ? [] : recent.filter((tick) => tick.source === source && tick.sequence > last);
      const points = [...items, ...newer].map(({ eventAt, price }): Point => [eventAt, price]);
      lines.push({ symbol, source, points: sampled(points, valueOf, MOST_POINTS, cut) });
    }
  }
  return lines;
}

/** The true causes of all moves that price scenarios made, and their prices. */
export async function causedMoves(
  marketData: MarketDataAdapter,
  around: (symbol: string) => Span | undefined,
): Promise<{ causes: Causes[]; lines: PriceLine[] }> {
  const causes: Causes[] = [];
  const lines: PriceLine[] = [];
  for await (const { scenarioRunId, seed } of marketData.scenarioRuns.list()) {
    const { items, cut } = await take(marketData.scenarioRuns.listMoves({ scenarioRunId, limit: PAGE }), MOST_READ);
    for (const [symbol, moves] of Map.groupBy(items, (move) => move.symbol)) {
      const points = [
        [moves[0]!.at, moves[0]!.from],
        ...moves.map(({ at, to }) => [at, to]),
      ] as unknown as readonly Point[];
      lines.push({
        symbol,
        source: `scenario run ${scenarioRunId}`,
        points: sampled(points, valueOf, MOST_POINTS, cut),
      });
      causes.push({ symbol, scenarioRunId, seed, moves: moves.length, ...summedCauses(moves, around(symbol)) });
    }
  }
  return { causes, lines };
}

function summedCauses(
  moves: readonly PriceMove[],
  around: Span | undefined,
): Pick<Causes, 'totals' | 'spans' | 'largest' | 'isAround'> {
  const shown = around === undefined ? moves : moves.filter(({ at }) => at >= around.from && at <= around.to);
  const first = shown[0]?.at ?? moves[0]!.at;
  const length = instant.millis(shown.at(-1)?.at ?? first) - instant.millis(first);
  const width = Math.max(1, Math.ceil((length + 1) / MOST_SPANS));
  const spans = Map.groupBy(shown, ({ at }) => Math.floor((instant.millis(at) - instant.millis(first)) / width));
  const size = ({ from, to }: PriceMove) => decimal.abs(decimal.minus(to, from));
  const largest = moves
    .toSorted((a, b) => decimal.compare(size(b), size(a)))
    .slice(0, LARGEST_MOVES)
    .toSorted((a, b) => instant.compare(a.at, b.at));
  return {
    totals: summed(moves),
    spans: [...spans].map(([n, of]): CauseSpan => ({ at: instant.plusMillis(first, n * width), deltas: summed(of) })),
    isAround: around !== undefined,
    largest: largest.map(({ at, from, to, causes }) => ({ at, from, to, causes })),
  };
}

/** The sums of all deltas, by kind of cause. */
function summed(moves: readonly PriceMove[]): Record<string, Decimal> {
  const sums: Record<string, Decimal> = {};
  for (const { causes } of moves)
    for (const { kind, delta } of causes) sums[kind] = decimal.plus(sums[kind] ?? '0', delta);
  return sums;
}

/** What was done to prices on purpose, and while it was in force. */
export async function manipulationSpans(marketData: MarketDataAdapter): Promise<ManipulationSpan[]> {
  const spans: ManipulationSpan[] = [];
  for await (const manipulation of marketData.manipulations.list()) {
    const active: { from: Instant; to?: Instant }[] = [];
    let since: Instant | undefined;
    for (const { to, at } of await marketData.manipulations.listTransitions(manipulation.manipulationId)) {
      if (to === 'active') since ??= at;
      else if (since !== undefined) {
        active.push({ from: since, to: earlier(at, manipulation.endsAt) });
        since = undefined;
      }
    }
    if (since !== undefined)
      active.push({ from: since, ...(manipulation.endsAt !== undefined && { to: manipulation.endsAt }) });
    const { manipulationId, symbol, kind, state } = manipulation;
    spans.push({ manipulationId, symbol, kind, state, effect: effectOf(manipulation), active });
  }
  return spans;
}

const earlier = (at: Instant, end: Instant | undefined): Instant => (end !== undefined && end < at ? end : at);

/** `price −800 bps, spread +50 bps`. */
function effectOf({ modifier }: Manipulation): string {
  const { priceShiftBps, priceOffset, spreadShiftBps, volumeShiftBps, volatilityShiftBps, frozen } = modifier;
  const signed = (value: number | string) =>
    String(value).startsWith('-') ? `−${String(value).slice(1)}` : `+${value}`;
  return [
    ...(priceShiftBps === undefined ? [] : [`price ${signed(priceShiftBps)} bps`]),
    ...(priceOffset === undefined ? [] : [`price ${signed(priceOffset)}`]),
    ...(spreadShiftBps === undefined ? [] : [`spread ${signed(spreadShiftBps)} bps`]),
    ...(volumeShiftBps === undefined ? [] : [`volume ${signed(volumeShiftBps)} bps`]),
    ...(volatilityShiftBps === undefined ? [] : [`volatility ${signed(volatilityShiftBps)} bps`]),
    ...(frozen === true ? ['frozen'] : []),
  ].join(', ');
}

export async function depths(exchange: ExchangeAdapter): Promise<Depth[]> {
  const { items } = await take(exchange.markets.list(), MOST_MARKETS);
  return await Promise.all(
    items.map(({ symbol }) => exchange.orderBooks.depth({ symbol, levels: DEPTH_LEVELS }, { fresh: true })),
  );
}
