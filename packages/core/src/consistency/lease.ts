import { randomUUID } from 'node:crypto';
import { ConflictError } from '../pipe/errors.ts';

/** What a lease needs of the store it is kept in. */
export interface LeaseStore {
  /** Takes or keeps the lease; answers its fence, or nothing while another holds it. */
  acquire(name: string, holder: string, ttlMs: number): Promise<number | undefined>;
  release(name: string, holder: string, fence: number): Promise<void>;
}

/** A right that one holder at most has, kept alive until it is released. A store that is written under it refuses lower fences. */
export class Lease implements AsyncDisposable {
  readonly name: string;
  readonly holder: string;
  /** Grows with every change of holder: the store that is written must compare it, as a paused holder does not know that it lost. */
  readonly fence: number;
  readonly #store: LeaseStore;
  readonly #ttlMs: number;
  readonly #ended = new AbortController();
  #validUntil: number;
  #renewal: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;

  /** One try: a lease, or nothing while another holds it. */
  static async acquire(
    store: LeaseStore,
    name: string,
    ttlMs: number,
    holder: string = randomUUID(),
  ): Promise<Lease | undefined> {
    // From before the request left: the store counts from later on.
    const validUntil = performance.now() + ttlMs;
    const fence = await store.acquire(name, holder, ttlMs);
    return fence === undefined ? undefined : new Lease(store, { name, holder, fence, ttlMs, validUntil });
  }

  private constructor(
    store: LeaseStore,
    of: { name: string; holder: string; fence: number; ttlMs: number; validUntil: number },
  ) {
    this.#store = store;
    this.name = of.name;
    this.holder = of.holder;
    this.fence = of.fence;
    this.#ttlMs = of.ttlMs;
    this.#validUntil = of.validUntil;
    this.#plan();
  }

  /** Aborts when the lease is lost or released. Also found out when it is asked after the process was stopped for a while. */
  get signal(): AbortSignal {
    this.#check();
    return this.#ended.signal;
  }

  /** Gives it back at once. */
  async release(): Promise<void> {
    const lost = this.signal.aborted;
    this.#end(new ConflictError('lease-released', `the lease ${this.name} was released`));
    if (lost) return;
    // Where the store does not hear of it, the lease ends by itself.
    await this.#store.release(this.name, this.holder, this.fence).catch(() => {});
  }

  /** Gives the lease back, so that another process may take it at once. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #plan(): void {
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#check(), this.#validUntil - performance.now() + 1).unref();
    const untilRenewal = Math.min(this.#ttlMs / 3, (this.#validUntil - performance.now()) / 2);
    this.#renewal = setTimeout(() => void this.#renew(), Math.max(20, untilRenewal)).unref();
  }

  async #renew(): Promise<void> {
    if (this.signal.aborted) return;
    const validUntil = performance.now() + this.#ttlMs;
    try {
      const fence = await this.#store.acquire(this.name, this.holder, this.#ttlMs);
      if (fence === this.fence && !this.#ended.signal.aborted) this.#validUntil = validUntil;
      else if (fence !== undefined) {
        // It had run out, or was released, before the renewal arrived: what was taken anew is no continuation.
        await this.#store.release(this.name, this.holder, fence).catch(() => {});
        this.#lose();
      } else this.#lose();
    } catch {
      // The store cannot be asked. The lease stands until its time is over; another try comes before that.
    }
    if (!this.signal.aborted) this.#plan();
  }

  #check(): void {
    if (performance.now() >= this.#validUntil) this.#lose();
  }

  #lose(): void {
    this.#end(new ConflictError('lease-lost', `the lease ${this.name} was lost`));
  }

  #end(reason: ConflictError): void {
    if (this.#ended.signal.aborted) return;
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
    this.#ended.abort(reason);
  }
}
