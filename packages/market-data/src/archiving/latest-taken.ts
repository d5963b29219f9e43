import type { Clock } from '@tse/core';
import { microsOf } from '../bulk/event-time.ts';

const DAY_MICROS = 86_400_000_000;
/** Partitions are made ten years ahead of the host's time at most: what Redis took beyond could never be archived. */
const NINE_YEARS_MICROS = 9 * 365 * DAY_MICROS;

/** Microseconds since 1970 after which no live event is taken: a day ahead of the business clock is a mistake. */
export const latestTaken = (clock: Clock): number =>
  Math.min(microsOf(clock.now())! + DAY_MICROS, Date.now() * 1000 + NINE_YEARS_MICROS);
