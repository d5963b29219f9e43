interface Registered {
  /** Whether it is still registered. */
  beat(): Promise<boolean>;
  /** Registers it once more: Redis was lost, or this process slept longer than the time to live. */
  again(): Promise<unknown>;
  failed(error: unknown): void;
}

/** Keeps one service registered by heartbeats of its own, three within a time to live, until it is ended. */
export class KeptRegistration {
  readonly #registered: Registered;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(ttlMs: number, registered: Registered) {
    this.#registered = registered;
    this.#everyMs = ttlMs / 3;
    this.#plan();
  }

  /** No heartbeat is under way afterwards, so that none brings back what is deregistered next. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#beating;
  }

  #plan(): void {
    if (this.#ended) return;
    this.#timer = setTimeout(
      () => {
        this.#beating = this.#beat().finally(() => this.#plan());
      },
      this.#everyMs * (0.9 + Math.random() * 0.2),
    ).unref();
  }

  async #beat(): Promise<void> {
    try {
      if (!(await this.#registered.beat()) && !this.#ended) await this.#registered.again();
    } catch (error) {
      this.#registered.failed(error);
    }
  }
}
