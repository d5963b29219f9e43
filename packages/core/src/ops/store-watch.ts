import type { BreakerState } from '../pipe/breaker.ts';
import { type Instant, systemClock } from '../values/instant.ts';
import { errorClass } from './worker.ts';

/** `degraded`: it answers, and something is not as it should be. `unknown`: it was not asked yet, or could not say. */
export type StoreState = 'up' | 'degraded' | 'down' | 'unknown';

/** How a store answers. */
export interface StoreHealth {
  state: StoreState;
  /** Since when it is in this state, on the host's clock. */
  since: Instant;
  /** Round trip of the last check that was answered. */
  latencyMs?: number;
  breaker: BreakerState;
  /** The class of the last failure, kept while the store is up again. */
  lastErrorClass?: string;
  /** Why it is degraded. */
  reason?: string;
}

interface Watched {
  ping(withinMs: number): Promise<{ latencyMs: number; inRecovery?: boolean }>;
  readonly breaker: BreakerState;
}

/** One store as health sees it: asked over its own connection, never through the breaker. */
export class StoreWatch {
  readonly #store: Watched;
  #last: StoreHealth;

  constructor(store: Watched) {
    this.#store = store;
    this.#last = { state: 'unknown', since: systemClock.now(), breaker: store.breaker };
  }

  get last(): StoreHealth {
    return this.#last;
  }

  /** `strained` says why a store that answers is not at its best, or nothing. */
  async check(withinMs: number, strained: () => string | undefined): Promise<StoreHealth> {
    let next: Omit<StoreHealth, 'since' | 'breaker'>;
    try {
      const { latencyMs, inRecovery } = await this.#store.ping(withinMs);
      const reason = inRecovery ? 'takes no writes: it is in recovery' : (strained() ?? this.#breakerReason());
      next = { state: reason ? 'degraded' : 'up', latencyMs, ...(reason && { reason }) };
    } catch (error) {
      next = { state: 'down', lastErrorClass: errorClass(error) };
    }
    const { state, since, lastErrorClass } = this.#last;
    this.#last = {
      ...(lastErrorClass && { lastErrorClass }),
      ...next,
      since: next.state === state ? since : systemClock.now(),
      breaker: this.#store.breaker,
    };
    return this.#last;
  }

  #breakerReason(): string | undefined {
    return this.#store.breaker === 'closed' ? undefined : `its circuit breaker is ${this.#store.breaker}`;
  }
}
