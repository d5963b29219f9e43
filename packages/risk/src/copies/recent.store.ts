import type { CopyStore } from '@tse/core';

export interface Measured<Value> {
  /** On the host's clock: it is about the cost of measuring, not about what is measured. */
  measuredAt: number;
  value: Value;
}

const FRESH_MS = 1000;

/** What is measured on request, by any process at most once a second, for those who do not ask for it fresh. */
export class RecentStore<Value> {
  readonly #copies: CopyStore<Measured<Value>>;

  constructor(copies: CopyStore<Measured<Value>>) {
    this.#copies = copies;
  }

  async get(id: string, fresh: boolean, measure: () => Promise<Value>): Promise<Value> {
    const now = Date.now();
    if (!fresh) {
      const copy = (await this.#copies.find(id))?.[0];
      if (copy && Math.abs(now - copy.measuredAt) < FRESH_MS) return copy.value;
    }
    const value = await measure();
    void this.#copies.fill(id, [{ id, field: 'measured', version: now, value: { measuredAt: now, value } }]);
    return value;
  }
}
