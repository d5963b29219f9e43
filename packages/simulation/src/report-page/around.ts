import { type Instant, instant } from '@tse/core';
import type { ManipulationSpan } from './run-page.ts';

export interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

/** Of a span so short that it would be a line in the whole, a chart shows what is around it. */
const SHORT = 1 / 6;

/**
 * The time around what was done to a symbol, with as much before and after as it lasted; nothing where nothing was done, or it was long enough
 * to be seen in all of the run.
 */
export function aroundManipulation(
  spans: readonly ManipulationSpan[],
  symbol: string,
  { from, to }: Span,
): Span | undefined {
  const active = spans.filter((span) => span.symbol === symbol).flatMap((span) => span.active);
  if (active.length === 0) return undefined;
  const [began] = active.map((each) => each.from).toSorted();
  const ended = active
    .map((each) => each.to ?? to)
    .toSorted()
    .at(-1)!;
  const lasted = instant.millis(ended) - instant.millis(began!);
  if (lasted > (instant.millis(to) - instant.millis(from)) * SHORT) return undefined;
  return { from: instant.plusMillis(began!, -lasted), to: instant.plusMillis(ended, lasted) };
}
