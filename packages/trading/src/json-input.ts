import { hash } from 'node:crypto';
import { z } from 'zod';

const MOST_LEVELS = 32;

const isJson = (value: unknown, levels: number): boolean =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  Number.isFinite(value) ||
  (typeof value === 'object' &&
    levels > 0 &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) &&
    Object.values(value).every((member) => isJson(member, levels - 1)));

const isStorable = (json: string) => json.isWellFormed() && !/\\u0000|\\ud[89a-f]/i.test(json);

/** Input schema: a JSON object, well-formed and of bounded size; kept as it is and never looked into. */
export const jsonInput = (mostBytes: number) =>
  z
    .record(z.string().max(64), z.unknown())
    .refine((value) => isJson(value, MOST_LEVELS), {
      message: `expected JSON, at most ${MOST_LEVELS} levels deep`,
      abort: true,
    })
    .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= mostBytes, `expected at most ${mostBytes} bytes`)
    .refine((value) => isStorable(JSON.stringify(value)), 'expected well-formed text without NUL');

/** JSON with the members of its objects in the order of their names: equal content is equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

export const contentHash = (value: unknown): string => hash('sha256', canonicalJson(value), 'hex');
