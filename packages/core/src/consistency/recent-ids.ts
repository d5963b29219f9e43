/** Ids of what was written in the last while, the latest of them at most so many. */
export class RecentIds {
  readonly #lifeMs: number;
  readonly #most: number;
  readonly #writtenAt = new Map<string, number>();

  constructor(lifeMs: number, most = 500) {
    this.#lifeMs = lifeMs;
    this.#most = most;
  }

  /** It was written now. */
  add(id: string): void {
    // Anew, so that the first of the map is the oldest.
    this.#writtenAt.delete(id);
    this.#writtenAt.set(id, performance.now());
    if (this.#writtenAt.size > this.#most) this.#writtenAt.delete(this.#writtenAt.keys().next().value!);
  }

  /** The oldest first. */
  list(): string[] {
    const since = performance.now() - this.#lifeMs;
    for (const [id, at] of this.#writtenAt) {
      if (at >= since) break;
      this.#writtenAt.delete(id);
    }
    return [...this.#writtenAt.keys()];
  }
}
