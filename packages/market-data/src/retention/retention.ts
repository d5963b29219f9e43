import type { CallOptions } from '@tse/core';
import { z } from 'zod';

export const retainedTables = ['trades', 'candles', 'ticks', 'quote-minutes'] as const;
/** The tables that retention may shorten. */
export type RetainedTable = (typeof retainedTables)[number];

/** How long the months of a kind of data are kept after they are over. */
export interface RetentionPolicy {
  kind: RetainedTable;
  keepDays: number;
  version: number;
}

export const keepFor = z.strictObject({
  kind: z.enum(retainedTables),
  keepDays: z.int().min(1).max(36_500),
});
/** How many days the months of a kind of data are kept after they are over. */
export type KeepFor = z.input<typeof keepFor>;

/** A month that was taken out of its table; its rows stay in it for an operator to keep or drop. */
export interface RetiredMonth {
  kind: RetainedTable;
  partition: string;
}

/** How long data is kept: without a policy, for good. */
export interface Retention {
  /** Says how long the months of a kind of data are kept. The worker applies it, a whole month at a time. */
  keepFor(input: KeepFor, options?: CallOptions): Promise<RetentionPolicy>;
  /** All of them. */
  list(options?: CallOptions): Promise<RetentionPolicy[]>;
  /** Takes out the months whose time is over by the adapter's clock. A worker does so now and again. */
  retire(options?: CallOptions): Promise<RetiredMonth[]>;
}
