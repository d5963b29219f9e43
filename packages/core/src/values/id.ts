import { v7 } from 'uuid';
import { z } from 'zod';

/** The source of new ids. Must not repeat. */
export interface Ids {
  /** A new id, never answered before. */
  next(): string;
}

/** UUIDv7: in order of their making, so that an index on them grows at its end. */
export const uuidv7Ids: Ids = { next: () => v7() };

const idPattern = /^[A-Za-z0-9._:/-]{1,64}$/;

/** Input schema: an id that a caller may give. */
export const idInput = z
  .string({ error: 'expected an id' })
  .regex(idPattern, 'expected 1 to 64 characters of A-Z a-z 0-9 . _ : / -');

/** Input schema: an asset code such as `BTC`. */
export const assetInput = z
  .string({ error: 'expected an asset code' })
  .regex(/^[A-Z0-9]{1,16}$/, 'expected 1 to 16 capital letters or digits');

/** Input schema: a market symbol `BTC-USD`; `BTC/USD` is taken too. */
export const symbolInput = z
  .string({ error: 'expected a symbol' })
  .transform((text) => text.replace('/', '-'))
  .pipe(z.string().regex(/^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/, 'expected a symbol such as BTC-USD'));

/** Input schema: text that PostgreSQL can store and give back as it was: well-formed, without NUL, bounded. */
export const textInput = (longest: number) =>
  z
    .string({ error: 'expected text' })
    .min(1, 'expected text that is not empty')
    .max(longest, `expected at most ${longest} characters`)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'expected well-formed text without NUL');
