import { z } from 'zod';

const MOST_LEVELS = 32;

const isText = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const isJson = (value: unknown, levels: number): boolean =>
  value === null ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && isText(value)) ||
  Number.isFinite(value) ||
  (typeof value === 'object' &&
    levels > 0 &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) &&
    Object.entries(value).every(([key, member]) => isText(key) && isJson(member, levels - 1)));

const bounded = <Schema extends z.ZodType>(schema: Schema, mostBytes: number) =>
  schema
    .refine((value) => isJson(value, MOST_LEVELS), {
      message: `expected JSON of well-formed text without NUL, at most ${MOST_LEVELS} levels deep`,
      abort: true,
    })
    .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= mostBytes, `expected at most ${mostBytes} bytes`);

/** Input schema: JSON that PostgreSQL can store and give back as it was, bounded in depth and bytes; kept as it is and never looked into. */
export const jsonInput = (mostBytes: number) => bounded(z.unknown(), mostBytes);

/** The same for an object, whose members are the caller's own. */
export const jsonObjectInput = (mostBytes: number, longestName = 64) =>
  bounded(z.record(z.string().max(longestName), z.unknown()), mostBytes);
