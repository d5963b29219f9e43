import { z } from 'zod';

/** What stands under a cache key. `seen` is its raw text, which a fill must find again where it is no proper value. */
export type Found<Value> = { hit: true; value: Value | undefined } | { hit: false; seen: string };

export interface CacheCodec<Value> {
  /** The JSON of a value; `''` says that it is known not to exist. */
  encode(value: Value | undefined): string;
  /** A text that the schema does not accept (another release wrote it) is a miss. */
  decode(text: string | null): Found<Value>;
}

export function cacheCodec<Value>(schema: z.ZodType<Value>): CacheCodec<Value> {
  const compiled = z.compile(schema);
  return {
    encode: (value) => (value === undefined ? '' : JSON.stringify(value)),
    decode(text) {
      const colon = text?.indexOf(':') ?? -1;
      if (text === null || text.startsWith('!') || colon < 1) return { hit: false, seen: text ?? '' };
      if (colon === text.length - 1) return { hit: true, value: undefined };
      const parsed = compiled.safeParse(parseJson(text.slice(colon + 1)));
      return parsed.success ? { hit: true, value: parsed.data } : { hit: false, seen: text };
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
