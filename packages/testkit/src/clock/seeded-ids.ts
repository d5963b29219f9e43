import { createHash } from 'node:crypto';
import { type Ids, instant } from '@tse/core';

const FIRST_MILLIS = instant.millis(instant.of('2026-01-01T00:00:00Z'));

/** Ids of the form UUIDv7, ascending, and for the same seed the same in the same order: a run can be repeated to the letter. */
export function seededIds(seed: number | string = 1): Ids {
  let drawn = 0;
  return {
    next() {
      const millis = (FIRST_MILLIS + drawn).toString(16).padStart(12, '0');
      const random = createHash('sha256').update(`${seed}/${drawn}`).digest('hex');
      drawn += 1;
      const variant = ((Number.parseInt(random[3]!, 16) & 0b0011) | 0b1000).toString(16);
      return `${millis.slice(0, 8)}-${millis.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
    },
  };
}
