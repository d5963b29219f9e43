import pg from 'pg';
import { type WriteContext, writeContext } from '../pipe/context.ts';
import type { Instant } from '../values/instant.ts';

/** `2026-11-24 08:08:51.123+00` as PostgreSQL prints it in a UTC session, with all six digits. */
export function decodeInstant(text: string): Instant {
  const zone = text.length - 3;
  if (text.charCodeAt(10) !== 32 || !text.endsWith('+00'))
    throw new RangeError('an instant outside of the years 0001 to 9999, or a session that is not in UTC');
  if (zone === 19) return `${text.slice(0, 10)}T${text.slice(11, 19)}.000000Z` as Instant;
  if (zone === 26) return `${text.slice(0, 10)}T${text.slice(11, 26)}Z` as Instant;
  return `${text.slice(0, 10)}T${text.slice(11, zone).padEnd(15, '0')}Z` as Instant;
}

/** A canonical decimal: stored fraction digits that say nothing are dropped. */
export function decodeNumeric(text: string): string {
  if (text.charCodeAt(text.length - 1) !== 48 || !text.includes('.')) return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end -= 1;
  return text.slice(0, text.charCodeAt(end - 1) === 46 ? end - 1 : end);
}

/** Sequences, versions and counts are numbers in our API; one that a number cannot hold is an error, not a rounding. */
export function decodeInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('an int8 beyond the safe integers');
  return value;
}

type Decode = (text: string) => unknown;

const arrayOf = (element: Decode): Decode => {
  const parse = pg.types.getTypeParser(1009 as number, 'text') as (text: string) => (string | null)[];
  return (text) => parse(text).map((item) => (item === null ? null : element(item)));
};

const decoders = new Map<number, Decode>([
  [20, decodeInt8],
  [1016, arrayOf(decodeInt8)],
  [1700, decodeNumeric],
  [1231, arrayOf(decodeNumeric)],
  [1184, decodeInstant],
  [1185, arrayOf(decodeInstant)],
  [1082, (text) => text],
  [1114, (text) => text],
]);

/** What the driver takes, in our words: a declaration that names the driver would make every reader install its types. */
interface TypeParsers {
  // oxlint-disable-next-line typescript/no-explicit-any -- as the driver has it, or it does not take ours
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: any) => any;
}

/** Type parsers per pool, never the driver's global ones. */
export const types: TypeParsers = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && decoders.get(oid)) || pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

const needsQuotes = /[",\\{}\s]|^$|^null$/i;

/**
 * A PostgreSQL array literal, joined by hand: the driver's own serializer costs twice as much for a batch.
 * Elements that are composite or contain special characters are quoted; `null` and `undefined` are NULL.
 */
export function arrayLiteral(values: readonly (string | number | boolean | bigint | null | undefined)[]): string {
  let literal = '{';
  for (let i = 0; i < values.length; i += 1) {
    if (i > 0) literal += ',';
    const value = values[i];
    if (value === null || value === undefined) literal += 'NULL';
    else if (typeof value !== 'string') literal += String(value);
    else literal += needsQuotes.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
  }
  return `${literal}}`;
}

/** The literal of a composite value, its members in the type's order. */
export function compositeLiteral(members: readonly (string | number | null)[]): string {
  return `(${members.map((member) => (member === null ? '' : typeof member === 'number' ? String(member) : `"${member.replace(/["\\]/g, '$&$&')}"`)).join(',')})`;
}

/** The current context as the parameter type `write_context` takes it. */
export function contextLiteral(context: WriteContext = writeContext()): string {
  const { trace_id, span_id, correlation_id, causation_id, actor, run_id, fence, source, source_seq } = context;
  return compositeLiteral([trace_id, span_id, correlation_id, causation_id, actor, run_id, fence, source, source_seq]);
}
