/** The pause of a loop, which others may cut short. It keeps no process alive. */
export class Pause {
  #woken = false;
  #end: (() => void) | undefined;

  /** Also when no pause is under way: the next one is none then. */
  readonly wake = (): void => {
    this.#woken = true;
    this.#end?.();
  };

  /** Answers whether it was cut short by `wake`. */
  async sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#woken && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          this.#end = undefined;
          resolve();
        };
        const timer = setTimeout(end, ms).unref();
        signal.addEventListener('abort', end, { once: true });
        this.#end = end;
      });
    }
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }
}
