import { z } from 'zod';

/** One page of a list, in the list's order. `next` is there as long as more may follow. */
export interface Page<T> {
  items: T[];
  next?: string;
}

/** Awaited, a list answers one page; iterated with `for await`, all of its items, page by page. */
export interface Listing<T> extends PromiseLike<Page<T>>, AsyncIterable<T> {}

export const DEFAULT_PAGE = 100;
export const MAX_PAGE = 1000;

/** Input fields that every list takes. */
export const pageInput = {
  cursor: z.string().max(1024).optional(),
  limit: z.int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
};

export type CursorKey = readonly (string | number)[];

/** The opaque cursor that stands after the item with this key. */
export const encodeCursor = (key: CursorKey): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** The key of a cursor, or `undefined` where the text was not made by `encodeCursor` for a key of this many parts. */
export function decodeCursor(cursor: string, parts: number): CursorKey | undefined {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const isPart = (part: unknown) =>
      typeof part === 'number'
        ? Number.isSafeInteger(part)
        : typeof part === 'string' && part.isWellFormed() && !part.includes('\0');
    return Array.isArray(key) && key.length === parts && key.every(isPart) ? (key as CursorKey) : undefined;
  } catch {
    return undefined;
  }
}

/** A page out of one row more than asked for: the row too many says that more follow. */
export function toPage<T>(rows: T[], limit: number, keyOf: (item: T) => CursorKey): Page<T> {
  if (rows.length <= limit) return { items: rows };
  const items = rows.slice(0, limit);
  return { items, next: encodeCursor(keyOf(items.at(-1)!)) };
}

/** A list from the function that fetches one page after a cursor. Nothing is fetched before it is awaited or iterated. */
export function listing<T>(fetch: (cursor: string | undefined) => Promise<Page<T>>, start?: string): Listing<T> {
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- a list is awaited for one page by design
    then: (onPage, onError) => fetch(start).then(onPage, onError),
    async *[Symbol.asyncIterator]() {
      let cursor = start;
      do {
        const page = await fetch(cursor);
        yield* page.items;
        cursor = page.next;
      } while (cursor !== undefined);
    },
  };
}
