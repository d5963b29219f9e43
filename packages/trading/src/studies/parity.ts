import { type Decimal, type Instant, decimal, instant } from '@tse/core';
import type { Side } from '../orders/orders.ts';

/** A decision that was carried out: what was traded, when, how much, at which mean price. */
export interface Decision {
  readonly symbol: string;
  readonly side: Side;
  readonly at: Instant;
  readonly quantity: Decimal;
  readonly price: Decimal;
  /** Of a live one its order, of a backtest's its number. */
  readonly orderId?: string;
  readonly n?: number;
}

/** Whether both decided alike. */
export type ParityVerdict = 'same' | 'different' | 'only-live' | 'only-backtest';

/** One decision, in the live deployment and in the backtest. */
export interface ParityRow {
  verdict: ParityVerdict;
  symbol: string;
  side: Side;
  orderId?: string;
  backtestN?: number;
  liveAt?: Instant;
  backtestAt?: Instant;
  liveQuantity?: Decimal;
  backtestQuantity?: Decimal;
  livePrice?: Decimal;
  backtestPrice?: Decimal;
  /** What the live fills cost more than the backtest's, as a share of its price; below zero where they cost less. */
  slippage?: number;
}

/**
 * Pairs live decisions with those of a backtest: of one market and side, each with the first that is left within the tolerance, in the
 * order of their times. A pair is `same` where the quantities are equal.
 */
export function pairDecisions(
  live: readonly Decision[],
  backtested: readonly Decision[],
  toleranceMs: number,
): ParityRow[] {
  const rows: ParityRow[] = [];
  const left = new Map<string, Decision[]>();
  const keyOf = ({ symbol, side }: Decision) => `${symbol} ${side}`;
  for (const decision of backtested.toSorted(byTime))
    left.set(keyOf(decision), [...(left.get(keyOf(decision)) ?? []), decision]);
  for (const ours of live.toSorted(byTime)) {
    const candidates = left.get(keyOf(ours)) ?? [];
    const i = candidates.findIndex(({ at }) => Math.abs(instant.millis(at) - instant.millis(ours.at)) <= toleranceMs);
    rows.push(rowOf(ours, i === -1 ? undefined : candidates.splice(i, 1)[0]));
  }
  for (const theirs of [...left.values()].flat()) rows.push(rowOf(undefined, theirs));
  return rows.toSorted((a, b) => instant.compare(a.liveAt ?? a.backtestAt!, b.liveAt ?? b.backtestAt!));
}

const byTime = (a: Decision, b: Decision) => instant.compare(a.at, b.at);

function rowOf(live: Decision | undefined, backtested: Decision | undefined): ParityRow {
  const { symbol, side } = (live ?? backtested)!;
  const verdict: ParityVerdict =
    live === undefined
      ? 'only-backtest'
      : backtested === undefined
        ? 'only-live'
        : decimal.compare(live.quantity, backtested.quantity) === 0
          ? 'same'
          : 'different';
  return {
    verdict,
    symbol,
    side,
    ...(live?.orderId !== undefined && { orderId: live.orderId }),
    ...(backtested?.n !== undefined && { backtestN: backtested.n }),
    ...(live && { liveAt: live.at, liveQuantity: live.quantity, livePrice: live.price }),
    ...(backtested && {
      backtestAt: backtested.at,
      backtestQuantity: backtested.quantity,
      backtestPrice: backtested.price,
    }),
    ...(live && backtested && { slippage: slippageOf(side, live.price, backtested.price) }),
  };
}

function slippageOf(side: Side, live: Decimal, backtested: Decimal): number {
  const more = Number(decimal.minus(live, backtested)) / Number(backtested);
  return side === 'buy' || more === 0 ? more : -more;
}
