import type { AdapterHealth } from './health.ts';
import type { BaseAdapter } from './base-adapter.ts';

/** The adapters of a service, by its own names. */
export type Adapters = Readonly<Record<string, BaseAdapter>>;

/** So many checks in a row must say otherwise before readiness changes: one hiccup takes no service out of rotation. */
const IN_A_ROW = 2;
const EVERY_MS = 900;

/** Whether requests should be sent here: no adapter is unavailable, and the service itself does not say no. */
export class Readiness implements Disposable {
  readonly #adapters: Adapters;
  readonly #timer: NodeJS.Timeout;
  #held: string | undefined;
  #ready = false;
  #against = 0;
  #observed = false;
  #unavailable: string[] = [];

  constructor(adapters: Adapters) {
    this.#adapters = adapters;
    void this.#observe();
    this.#timer = setInterval(() => void this.#observe(), EVERY_MS).unref();
  }

  /** Not ready for this reason, whatever the adapters say; `undefined` ends it. */
  hold(reason: string | undefined): void {
    this.#held = reason;
  }

  get now(): { ready: boolean; reasons: string[] } {
    const reasons = [...(this.#held === undefined ? [] : [this.#held]), ...(this.#ready ? [] : this.#unavailable)];
    return { ready: this.#ready && this.#held === undefined, reasons };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #observe(): Promise<void> {
    const found = await Promise.all(Object.values(this.#adapters).map((adapter) => adapter.health()));
    this.#unavailable = found.flatMap(whyUnavailable);
    const ready = this.#unavailable.length === 0;
    this.#against = ready === this.#ready ? 0 : this.#against + 1;
    if (this.#observed && this.#against < IN_A_ROW) return;
    this.#observed = true;
    this.#ready = ready;
    this.#against = 0;
  }
}

const whyUnavailable = ({ status, instance, reasons }: AdapterHealth): string[] =>
  status === 'unavailable' ? [`${instance} is unavailable: ${reasons.join('; ')}`] : [];
