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

/** What a page ends with, in the order of its sorting. */
export type CursorKey = readonly (string | number)[];

/** The opaque cursor that stands after the item with this key. */
export const encodeCursor = (key: CursorKey): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** What a cursor holds, or `undefined` where the text is none. */
function decodeCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

type CursorParts = [z.ZodType<string | number>, ...z.ZodType<string | number>[]];

/** Written out: what the compiler infers here is a page of conditional types, and every program that reads our types pays for it. */
interface PageFields<Parts extends CursorParts> {
  cursor: z.ZodOptional<
    z.ZodPipe<z.ZodString, z.ZodTransform<{ [Part in keyof Parts]: z.output<Parts[Part]> }, string>>
  >;
  limit: z.ZodDefault<z.ZodInt>;
}

/** Input fields that every list takes: `limit`, and a `cursor` that parses to the key it stands after, whose parts these schemas check. */
export const pageFields = <Parts extends CursorParts>(...parts: Parts): PageFields<Parts> => ({
  cursor: z
    .string()
    .max(1024)
    .transform((text, context) => {
      const key = z.tuple(parts).safeParse(decodeCursor(text));
      if (key.success) return key.data as { [Part in keyof Parts]: z.output<Parts[Part]> };
      context.issues.push({ code: 'custom', message: 'expected a cursor of this list', input: text });
      return z.NEVER;
    })
    .optional(),
  limit: z.int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
});

/** A page out of one row more than asked for: the row too many says that more follow. */
export function toPage<T>(rows: T[], limit: number, keyOf: (item: T) => CursorKey): Page<T> {
  if (rows.length <= limit) return { items: rows };
  const items = rows.slice(0, limit);
  return { items, next: encodeCursor(keyOf(items.at(-1)!)) };
}

/**
 * A list from its input and the function that fetches one page of it. Nothing is fetched before it is awaited or iterated, and the
 * input is handed on as it is, so that what is none is refused there.
 */
export function listing<Input extends { cursor?: string | undefined }, T>(
  input: Input,
  fetch: (input: Input) => Promise<Page<T>>,
): Listing<T> {
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- a list is awaited for one page by design
    then: (onPage, onError) => fetch(input).then(onPage, onError),
    async *[Symbol.asyncIterator]() {
      let page = await fetch(input);
      yield* page.items;
      while (page.next !== undefined) {
        page = await fetch({ ...input, cursor: page.next });
        yield* page.items;
      }
    },
  };
}
