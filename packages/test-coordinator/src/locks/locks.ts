import { type CallOptions, type HoldOptions, type Instant, type Lease, textInput } from '@tse/core';
import { z } from 'zod';

/** A lock as others see it. One that nobody holds keeps its fence, which only grows. */
export interface LockState {
  name: string;
  fence: number;
  held: boolean;
  /** Whoever holds it, as an opaque word. */
  holder?: string;
  /** On the database's clock; a holder that lives moves it on. */
  expiresAt: Instant;
}

export const lockName = z.strictObject({ name: textInput(200) });

/**
 * Execution locks: one holder a name in all processes. The fence of the lease is that of the run it is held for: the tables refuse
 * what a holder writes who has lost it, and so does every adapter's port that acts for the run.
 */
export interface Locks {
  /** Waits until the lock is free, takes it, and keeps it until it is released or lost (`lease.signal`). */
  hold(name: string, options?: HoldOptions): Promise<Lease>;
  /** From the tables; with what Redis shows for those who may not ask them. */
  find(name: string, options?: CallOptions): Promise<LockState | undefined>;
}
