/** Tells of the next success of something that many callers try all the time. */
export class Pulse {
  #next = Promise.withResolvers<void>();

  readonly beat = (): void => {
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  };

  next(): Promise<void> {
    return this.#next.promise;
  }
}
