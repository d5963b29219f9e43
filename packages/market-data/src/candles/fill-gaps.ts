import { type Decimal, decimal } from '@tse/core';
import { instantOf, microsOf } from '../bulk/event-time.ts';
import type { Candle, FillPolicy, FilledCandle } from './candles.ts';

const ZERO = '0' as Decimal;

/**
 * One candle for each bucket: those that are missing are filled in as the policy says, where the gap has at most so many of them and there is
 * what they are made from.
 */
export function fillGaps(
  starts: readonly number[],
  candles: readonly Candle[],
  policy: FillPolicy,
  longestGap: number,
): FilledCandle[] {
  const known = new Map(candles.map((candle) => [microsOf(candle.openTime)!, candle]));
  const filled: FilledCandle[] = [];
  let before: Candle | undefined;
  for (let i = 0; i < starts.length; i += 1) {
    const candle = known.get(starts[i]!);
    if (candle) {
      filled.push(recorded(candle));
      before = candle;
      continue;
    }
    let end = i;
    while (end < starts.length && !known.has(starts[end]!)) end += 1;
    const after = end < starts.length ? known.get(starts[end]!) : undefined;
    const length = end - i;
    for (let step = 1; step <= length; step += 1) {
      const stand = length <= longestGap ? standIn(policy, before, after, step, length) : undefined;
      filled.push({ openTime: instantOf(starts[i + step - 1]!), ...stand, synthetic: true });
    }
    i = end - 1;
  }
  return filled;
}

type Prices = Pick<FilledCandle, 'open' | 'high' | 'low' | 'close' | 'baseVolume'>;

function standIn(
  policy: FillPolicy,
  before: Candle | undefined,
  after: Candle | undefined,
  step: number,
  length: number,
): Prices | undefined {
  if (policy === 'empty' || before === undefined) return undefined;
  if (policy === 'previous') {
    const { open, high, low, close, baseVolume } = before;
    return { open, high, low, close, baseVolume };
  }
  if (policy === 'zero-volume') return flat(before.close);
  if (after === undefined) return undefined;
  // Told as exactly as the prices at both ends, so that what is filled in is a price of the instrument.
  const scale = Math.max(decimal.scale(before.close), decimal.scale(after.open));
  const rise = decimal.minus(after.open, before.close);
  const part = decimal.div(decimal.times(rise, String(step)), String(length + 1), scale, 'half-even');
  return flat(decimal.plus(before.close, part));
}

const flat = (price: Decimal): Prices => ({ open: price, high: price, low: price, close: price, baseVolume: ZERO });

const recorded = ({ openTime, open, high, low, close, baseVolume }: Candle): FilledCandle => ({
  openTime,
  open,
  high,
  low,
  close,
  baseVolume,
  synthetic: false,
});
