import { z } from 'zod';

const MOST_LEVELS = 32;

const isJson = (value: unknown, levels: number): boolean =>
  value === null ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && value.isWellFormed() && !value.includes('\0')) ||
  Number.isFinite(value) ||
  (typeof value === 'object' &&
    levels > 0 &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) &&
    Object.entries(value).every(([key, each]) => isJson(key, 1) && isJson(each, levels - 1)));

/** Input schema: JSON that PostgreSQL can store and give back as it was, bounded in depth and bytes. */
export const jsonInput = (mostBytes: number) =>
  z
    .unknown()
    .refine((value) => value !== undefined && isJson(value, MOST_LEVELS), {
      message: `expected JSON of well-formed text without NUL, at most ${MOST_LEVELS} levels deep`,
      abort: true,
    })
    .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= mostBytes, `expected at most ${mostBytes} bytes`);

/** The same for an object, whose members are the caller's own. */
export const jsonObjectInput = (mostBytes: number) =>
  z
    .record(z.string(), z.unknown())
    .refine((value) => isJson(value, MOST_LEVELS), {
      message: `expected JSON of well-formed text without NUL, at most ${MOST_LEVELS} levels deep`,
      abort: true,
    })
    .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= mostBytes, `expected at most ${mostBytes} bytes`);
