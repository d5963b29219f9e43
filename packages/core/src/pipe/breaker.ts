import CircuitBreaker from 'opossum';
import { UnavailableError } from './errors.ts';
import type { Telemetry } from './telemetry.ts';

/** `open`: nothing reaches the store. `half-open`: one unit of work tries it. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerOptions {
  /** Milliseconds an open breaker waits before it lets one unit try. */
  resetMs: number;
  /** Units in the window (10 s) below which it never opens. */
  volume: number;
  /** Share of failures, in percent, at which it opens. */
  threshold: number;
}

/** Marks an error as an outage of the store, the only kind of failure that a breaker counts. */
export const outage = Symbol('outage');

export const isOutage = (error: unknown): boolean => typeof error === 'object' && error !== null && outage in error;

/**
 * The circuit breaker of one store. It admits units of work (a statement, a transaction, a script call), each once and before
 * anything is checked out; nothing inside an admitted unit asks it again.
 */
export class Breaker {
  readonly #breaker: CircuitBreaker<[() => Promise<unknown>]>;
  readonly #store: 'postgres' | 'redis';
  readonly #resetMs: number;

  constructor(store: 'postgres' | 'redis', options: BreakerOptions, telemetry: Telemetry) {
    this.#store = store;
    // Jitter, so that replicas do not all probe a returning store in the same instant.
    this.#resetMs = options.resetMs * (0.8 + Math.random() * 0.4);
    this.#breaker = new CircuitBreaker((unit: () => Promise<unknown>) => unit(), {
      timeout: false,
      resetTimeout: this.#resetMs,
      volumeThreshold: options.volume,
      errorThresholdPercentage: options.threshold,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorFilter: (error: unknown) => !isOutage(error),
    });
    const state = telemetry.gauge('adapter_breaker_open', '1 while the breaker of a store is open', ['store']);
    state(0, { store });
    this.#breaker.on('open', () => {
      state(1, { store });
      telemetry.log.warn({ store }, 'breaker opened');
    });
    this.#breaker.on('close', () => {
      state(0, { store });
      telemetry.log.info({ store }, 'breaker closed');
    });
  }

  get state(): BreakerState {
    return this.#breaker.halfOpen ? 'half-open' : this.#breaker.opened ? 'open' : 'closed';
  }

  async admit<T>(unit: () => Promise<T>): Promise<T> {
    try {
      return (await this.#breaker.fire(unit)) as T;
    } catch (error) {
      if (CircuitBreaker.isOurError(error as Error)) {
        throw new UnavailableError(
          `${this.#store}-unavailable` as const,
          `${this.#store} is unavailable: its circuit breaker is open`,
          this.#resetMs,
        );
      }
      throw error;
    }
  }

  shutdown(): void {
    this.#breaker.shutdown();
  }
}
