import { setTimeout as sleep } from 'node:timers/promises';
import { isAdapterError } from '@tse/core';

/** A row with the line it stands in. */
export interface NumberedRow<Row> {
  readonly line: number;
  readonly row: Row;
}

const TRIES = 8;
const PAUSE_MS = 250;

/**
 * Writes a batch. A row that the adapter refuses by its place is handed to `reject`, and the others are written without it. What is
 * unavailable, or was done without its reply, is tried again: rows that went in meanwhile count as duplicates then.
 */
export async function writeRows<Row, Answer>(
  rows: readonly NumberedRow<Row>[],
  {
    write,
    reject,
    signal,
  }: {
    write: (rows: readonly NumberedRow<Row>[]) => Promise<Answer>;
    reject: (line: number, reason: string) => void;
    signal: AbortSignal;
  },
): Promise<Answer | undefined> {
  let left = rows;
  for (let attempt = 1; left.length > 0;) {
    signal.throwIfAborted();
    try {
      return await write(left);
    } catch (error) {
      if (!isAdapterError(error)) throw error;
      if (error.kind === 'invalid-input') {
        const refused = refusedRows(error.issues);
        if (refused.size === 0) throw error;
        for (const [i, reason] of refused) reject(left[i]!.line, reason);
        left = left.filter((_, i) => !refused.has(i));
      } else if ((error.kind === 'unavailable' || error.kind === 'outcome-unknown') && attempt < TRIES) {
        await sleep(PAUSE_MS * attempt, undefined, { signal });
        attempt += 1;
      } else throw error;
    }
  }
  return undefined;
}

/** `trades.3.price` names the row 3. */
function refusedRows(issues: readonly { path: string; message: string }[]): Map<number, string> {
  const refused = new Map<number, string>();
  for (const { path, message } of issues) {
    const [, place, field] = /^\w+\.(\d+)(?:\.(\w+))?$/.exec(path) ?? [];
    if (place !== undefined && !refused.has(Number(place)))
      refused.set(Number(place), field === undefined ? message : `${field}: ${message}`);
  }
  return refused;
}

/** Counts rows, and tells of those that were not taken. */
export class Counts {
  readonly #onRejected: (line: number, reason: string) => void;
  inserted = 0;
  duplicates = 0;
  revised = 0;
  rejected = 0;

  constructor(onRejected: (line: number, reason: string) => void) {
    this.#onRejected = onRejected;
  }

  readonly reject = (line: number, reason: string): void => {
    this.rejected += 1;
    this.#onRejected(line, reason);
  };
}
